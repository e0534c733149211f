const model = { log: [{ step: 1, held_out: 2 }, { step: 2, held_out: null }, { step: 3, held_out: 1 }] };
same(curve(model, "step", "held_out", 2), [[1, 4], [3, 2]]);
