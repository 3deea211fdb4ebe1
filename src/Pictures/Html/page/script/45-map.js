// The map itself.

function drawMap() {
  const memory = memoryOf(now.task);
  const holder = byId('map');
  byId('memory-aside').textContent = '';
  drawLegend(memory);
  drawOverview(memory);
  if (memory === null) {
    put(holder, h('p', { class: 'note' }, 'This task has ended: its memory is gone.'));
    return;
  }
  const width = holder.clientWidth;
  if (width <= 0) return;
  const { unit, pieces, lines } = layOut(memory.regions, width);
  const step = mapShape.head + mapShape.band + mapShape.foot + mapShape.space;
  byId('memory-aside').textContent = `${some(memory.regions.length, 'region')}, ${size(memory.regions.reduce((sum, region) => sum + region.end - region.start, 0))}; ${scaleWords(unit)}`;
  const groups = memory.regions.map(region => drawRegion(region, pieces, unit, step));
  // The names stand apart: each region says its own to those who do not see them.
  const labels = pieces.map(piece => piece.first === 0 ? mapLabel(piece, piece.line * step, labelRoom(piece, pieces))
    : labelRoom(piece, pieces) > 60 && s('text', { class: 'size', x: piece.x, y: piece.line * step + 13 }, hex(piece.region.start + piece.first * pageSize)));
  const drawing = s('svg', { role: 'group', 'aria-label': 'Regions of the address space, by address', width, height: lines * step, viewBox: `0 0 ${width} ${lines * step}`, 'data-unit': unit }, groups, s('g', { 'aria-hidden': 'true' }, labels));
  drawing.addEventListener('keydown', walkMap);
  put(holder, drawing);
  markRegion();
}

function scaleWords(unit) {
  return unit >= 1 ? `a page of 4 KiB is ${some(unit, 'pixel')} wide` : `a pixel is ${size(pageSize / unit)}`;
}

function drawRegion(region, pieces, unit, step) {
  const own = pieces.filter(piece => piece.region === region);
  const parts = own.flatMap(piece => drawPiece(piece, unit, piece.line * step));
  return s('g', { class: 'region', role: 'button', tabindex: -1, 'data-start': region.start, 'data-end': region.end, 'data-unit': unit,
    'aria-label': shown(`${labelOf(region)}, ${hex(region.start)} to ${hex(region.end)}, ${region.permissions}, ${size(region.end - region.start)}: ${countWords(region)}`),
    onclick: event => openFromMap(event, region, own, unit), onmousemove: event => showTip(event, region, own, unit), onmouseleave: hideTip }, parts);
}

function drawPiece(piece, unit, y) {
  const top = y + mapShape.head;
  const rects = [...paint(piece, unit)].map(run => s('rect', { class: `run ${run.condition}`, x: run.x, y: top, width: run.width, height: mapShape.band }));
  const lines = [];
  if (unit >= 6) for (let i = 1; i < piece.count; i++) lines.push(s('line', { class: 'grid', x1: piece.x + i * unit, x2: piece.x + i * unit, y1: top, y2: top + mapShape.band }));
  const changed = [...triples(piece.region.changed ?? [])].flatMap(([first, length]) => {
    const from = Math.max(first, piece.first), to = Math.min(first + length, piece.first + piece.count);
    return from < to ? [s('rect', { class: 'changed', x: piece.x + (from - piece.first) * unit, y: top + 1, width: Math.max((to - from) * unit, 1), height: mapShape.band - 2 })] : [];
  });
  return [
    piece.gap && s('line', { class: 'gap', x1: piece.x - mapShape.apart / 2, x2: piece.x - mapShape.apart / 2, y1: top, y2: top + mapShape.band }),
    s('rect', { class: 'back', x: piece.x, y: top, width: piece.width, height: mapShape.band }),
    rects, lines, changed,
    s('rect', { class: `kind ${kindOf(piece.region)}`, x: piece.x, y: top + mapShape.band, width: piece.width, height: 3 }),
    s('rect', { class: 'frame', x: piece.x, y: top, width: piece.width, height: mapShape.band + 3 }),
  ];
}

// Pixels from a piece to the next one on its line.
function labelRoom(piece, pieces) {
  const next = pieces[pieces.indexOf(piece) + 1];
  const end = next !== undefined && next.line === piece.line ? next.x : byId('map').clientWidth;
  return end - piece.x - 6;
}

function mapLabel(piece, y, room) {
  const text = shown(fileOf(labelOf(piece.region))), more = size(piece.region.end - piece.region.start);
  const wide = text.length * 7, all = wide + 8 + more.length * 7;
  if (room < Math.min(wide, 44)) return [];
  const label = wide <= room ? text : `${text.slice(0, Math.floor(room / 7) - 1)}…`;
  return [s('text', { class: 'name', x: piece.x, y: y + 13 }, label, all <= room && s('tspan', { class: 'size', dx: 7 }, more))];
}

function countWords(region) {
  return Object.entries(region.counts).map(([condition, pages]) => `${count(pages)} ${conditionWords[condition]}`).join(', ');
}

function drawLegend(memory) {
  const sums = {};
  for (const region of memory?.regions ?? []) for (const [condition, pages] of Object.entries(region.counts)) sums[condition] = (sums[condition] ?? 0) + pages;
  const changed = memory?.regions.flatMap(region => [...triples(region.changed ?? [])]).reduce((sum, [, length]) => sum + length, 0) ?? 0;
  put(byId('legend'),
    Object.keys(conditionWords).filter(condition => sums[condition] > 0).map(condition => h('li', {}, h('span', { class: `swatch ${condition}` }), h('span', {}, h('b', {}, count(sums[condition])), ` ${conditionWords[condition]}`))),
    changed > 0 && h('li', {}, h('span', { class: 'swatch changed' }), h('span', {}, h('b', {}, count(changed)), ' changed')),
    Object.entries(kindWords).filter(([kind]) => memory?.regions.some(region => kindOf(region) === kind)).map(([kind, words]) => h('li', {}, h('span', { class: `stroke ${kind}` }), words)));
}

// All 3 GiB of the address space on one true scale: how little of it there is.
function drawOverview(memory) {
  const holder = byId('overview'), width = holder.clientWidth, end = 0xc0000000;
  if (memory === null || width <= 0) {
    put(holder);
    return;
  }
  const at = address => address / end * width;
  put(holder, s('svg', { width, height: 27, viewBox: `0 0 ${width} 27` },
    s('rect', { class: 'whole', x: 0, y: 0, width, height: 9, rx: 2 }),
    memory.regions.map(region => s('rect', { class: region === now.region ? 'part here' : 'part', x: Math.min(at(region.start), width - 1.5), y: 0, width: Math.max(at(region.end) - at(region.start), 1.5), height: 9 })),
    [0, 1, 2, 3].map(i => s('text', { x: at(i * 2 ** 30), y: 23, 'text-anchor': i === 0 ? 'start' : i === 3 ? 'end' : 'middle' }, i === 0 ? '0' : `${i} GiB`))));
}
