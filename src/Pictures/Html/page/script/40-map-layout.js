// Where regions stand on the map: one behind the other along lines, a page as wide everywhere.

const mapShape = { most: 7, between: 3, apart: 16, band: 38, head: 19, foot: 5, space: 13 };

// Widths that a page may have, in pixels.
const pageWidths = [14, 12, 10, 8, 6, 5, 4, 3, 2, 1, ...Array.from({ length: 20 }, (_, i) => 2 ** -(i + 1))];

function layOut(regions, width) {
  for (const unit of pageWidths) {
    const pieces = place(regions, width, unit);
    if (pieces !== null) return { unit, pieces, lines: pieces.at(-1)?.line + 1 || 0 };
  }
  return { unit: 0, pieces: [], lines: 0 };
}

// The pieces of all regions at a width of pages; null when they take too many lines.
function place(regions, width, unit) {
  const pieces = [];
  const perLine = Math.floor(width / unit);
  let line = 0, x = 0;
  regions.forEach((region, index) => {
    const before = regions[index - 1];
    if (before !== undefined && x > 0) x += before.end === region.start ? mapShape.between : mapShape.apart;
    for (let first = 0, pages = pagesOf(region); first < pages;) {
      let fit = Math.min(pages - first, Math.floor((width - x) / unit));
      // A sliver at the end of a line is better begun on the next.
      if (fit < Math.min(pages - first, perLine, 4)) {
        line++;
        x = 0;
        fit = Math.min(pages - first, perLine);
      }
      // Nothing is too small to be seen.
      const wide = Math.max(fit * unit, 2);
      pieces.push({ region, line, x, width: wide, first, count: fit, gap: first === 0 && before !== undefined && before.end !== region.start && x > 0 });
      x += wide;
      first += fit;
    }
  });
  return line < mapShape.most || unit === pageWidths.at(-1) ? pieces : null;
}

// Runs of a piece: exact while a page has a pixel, else what stands out of those that share one.
function* paint(piece, unit) {
  if (unit >= 1) {
    for (const [first, length, condition] of triples(piece.region.runs)) {
      const from = Math.max(first, piece.first), to = Math.min(first + length, piece.first + piece.count);
      if (from < to) yield { x: piece.x + (from - piece.first) * unit, width: (to - from) * unit, condition: conditions[condition] };
    }
    return;
  }
  const rank = [0, 1, 5, 4, 2, 3];
  const columns = new Uint8Array(Math.ceil(piece.width));
  for (const [first, length, condition] of triples(piece.region.runs)) {
    const from = Math.max(first, piece.first), to = Math.min(first + length, piece.first + piece.count);
    if (from >= to) continue;
    const left = Math.floor((from - piece.first) * unit), right = Math.max(left + 1, Math.ceil((to - piece.first) * unit));
    for (let i = left; i < Math.min(right, columns.length); i++) if (rank[condition] > rank[columns[i]]) columns[i] = condition;
  }
  for (let i = 0, next; i < columns.length; i = next) {
    next = i + 1;
    while (next < columns.length && columns[next] === columns[i]) next++;
    if (columns[i] !== 0) yield { x: piece.x + i, width: Math.min(next, piece.width) - i, condition: conditions[columns[i]] };
  }
}
