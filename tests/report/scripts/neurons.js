const on = { length: 6, width: 2, at: (k, j) => [[192, 0], [192, 1], [64, 1], [0, 0], [192, 1], [192, 1]][k][j] };
same(onThroughout(on, 0, 2), [192, 0]);
same(unitsOf([192, 1]), [0, 1, 15]);
same(countBits([192, 1]), 3);
same(alike(on, [192, 1], 0, 2, 5), [{ start: 4, score: 3 }]);
