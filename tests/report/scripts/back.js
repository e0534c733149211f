const weights = { width: 3, length: 3, at: (k, j) => [[4, NaN, NaN], [1, 2, NaN], [1, 0, 5]][k][j] };
same(weightsBefore(weights, 2), [[2, 1], [1, 0], [0, 5]]);
same(weightsBefore(weights, 1), [[1, 1], [0, 2]]);
