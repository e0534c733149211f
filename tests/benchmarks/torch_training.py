"""Training speed of torch's recurrent layers: CELL LAYERS HIDDEN BATCH WINDOW SECONDS -> characters a second.

The whole step, as charrnn's: embedding, layers, softmax, back-propagation, clipping, Adam. Run by torch's interpreter.
"""

import statistics
import sys
import time

import torch

SYMBOLS = 65
LAYERS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "elman": torch.nn.RNN}

cell, (depth, hidden, batch, window), seconds = sys.argv[1], map(int, sys.argv[2:6]), float(sys.argv[6])
embedding, output = torch.nn.Embedding(SYMBOLS, hidden), torch.nn.Linear(hidden, SYMBOLS)
recurrent = LAYERS[cell](hidden, hidden, depth)
parameters = [p for module in (embedding, recurrent, output) for p in module.parameters()]
optimizer = torch.optim.Adam(parameters, 2e-3)
ids = torch.randint(0, SYMBOLS, (window + 1, batch))
state, times = None, []
while len(times) < 8 or sum(times) < seconds:
    begin = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    outputs, state = recurrent(embedding(ids[:-1]), state)
    loss = torch.nn.functional.cross_entropy(output(outputs).flatten(0, 1), ids[1:].flatten())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
    times.append(time.perf_counter() - begin)
print(batch * window / statistics.median(times[3:]))
