const packed = { type: "u2", low: 1, step: 0.5, none: true, shape: [2, 2], base64: btoa("\x00\x00\x02\x00\xff\xff\x04\x00") };
const found = unpack(packed);
same([found.length, found.width, found.at(0, 0), found.at(0, 1), Number.isNaN(found.at(1, 0)), found.at(1, 1)], [2, 2, 1, 2, true, 3]);
same([-1, 0, 0.5, 1, 9].map((value) => classOf(value, [0, 1])), [0, 1, 1, 2, 2]);
same(classNames([-1, 2], " bits"), ["below −1", "−1 to 2", "2 or more bits"]);
same([0.5, 0.0123, 0.00001, 0].map(percent), ["50 %", "1.2 %", "1.0 · 10⁻⁵", "0 %"]);
same(["a", "\n", " ", "\u0000", "\u200b", "老"].map(seen), ["a", "⏎", "␣", "U+0000", "U+200B", "老"]);
