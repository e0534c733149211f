"""Training speed of torch's recurrent layers: CELL LAYERS HIDDEN BATCH WINDOW SECONDS DEVICE PRECISION -> characters/second.

The whole step, as charrnn's: embedding, layers, softmax, back-propagation, clipping, Adam. Run by torch's interpreter.
DEVICE is cpu or cuda, where the layers are cuDNN's; PRECISION float32 or bfloat16, of the factors in products
(torch.autocast). Where torch cannot use the device, nothing is printed.
"""

import statistics
import sys
import time

import torch

SYMBOLS = 65
LAYERS = {"lstm": torch.nn.LSTM, "gru": torch.nn.GRU, "elman": torch.nn.RNN}

cell, (depth, hidden, batch, window), seconds = sys.argv[1], map(int, sys.argv[2:6]), float(sys.argv[6])
device, precision = sys.argv[7:9]
if device == "cuda" and not torch.cuda.is_available():
    sys.exit()
torch.set_default_device(device)
embedding, output = torch.nn.Embedding(SYMBOLS, hidden), torch.nn.Linear(hidden, SYMBOLS)
recurrent = LAYERS[cell](hidden, hidden, depth)
parameters = [p for module in (embedding, recurrent, output) for p in module.parameters()]
optimizer = torch.optim.Adam(parameters, 2e-3)
ids = torch.randint(0, SYMBOLS, (window + 1, batch))
state, times = None, []
while len(times) < 8 or sum(times) < seconds:
    begin = time.perf_counter()
    optimizer.zero_grad(set_to_none=True)
    with torch.autocast(device, torch.bfloat16, enabled=precision == "bfloat16"):
        outputs, state = recurrent(embedding(ids[:-1]), state)
        loss = torch.nn.functional.cross_entropy(output(outputs).flatten(0, 1).float(), ids[1:].flatten())
    loss.backward()
    torch.nn.utils.clip_grad_norm_(parameters, 1.0)
    optimizer.step()
    state = tuple(part.detach() for part in state) if isinstance(state, tuple) else state.detach()
    if device == "cuda":
        torch.cuda.synchronize()
    times.append(time.perf_counter() - begin)
print(batch * window / statistics.median(times[3:]))
