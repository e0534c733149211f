const pairs = [..."ab\txy\nplain\nc\td"];
same(pairAt(pairs, 0), { begin: 0, tab: 2, end: 5 });
same(pairAt(pairs, 5), { begin: 0, tab: 2, end: 5 });
same(pairAt(pairs, 8), undefined);
same(pairAt(pairs, 12), { begin: 12, tab: 13, end: 15 });
same(pairAt([..."ab\t"], 1), undefined);
same(pairAt([..."a".repeat(200), "\t", ..."b".repeat(200)], 1), undefined);
// weights of distance d after character j: 10 j + d, and none beyond 3
const far = { width: 4, at: (j, d) => 10 * j + d };
same(crossing(far, { begin: 0, tab: 2, end: 5 }), [[22, 21], [33, 32], [NaN, 43]]);
