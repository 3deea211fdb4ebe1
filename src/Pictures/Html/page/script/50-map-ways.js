// Ways over the map: keys, pointer, what is chosen.

function walkMap(event) {
  const items = [...byId('map').querySelectorAll('.region')];
  const at = items.indexOf(event.target.closest('.region'));
  const steps = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 };
  if (event.key === 'Enter' || event.key === ' ') openRegion(memoryOf(now.task).regions[at], undefined, true);
  else if (event.key in steps) {
    const target = items[Math.min(Math.max(steps[event.key], 0), items.length - 1)];
    for (const item of items) item.tabIndex = item === target ? 0 : -1;
    target.focus();
  }
  else return;
  event.preventDefault();
}

// The page that a pointer is on.
function pageUnder(event, own, unit) {
  const frame = byId('map').firstElementChild.getBoundingClientRect();
  const x = event.clientX - frame.left, y = event.clientY - frame.top;
  const step = mapShape.head + mapShape.band + mapShape.foot + mapShape.space;
  const piece = own.find(one => Math.floor(y / step) === one.line && x >= one.x - 1 && x <= one.x + one.width + 1);
  return piece === undefined ? null : piece.first + Math.min(Math.max(Math.floor((x - piece.x) / unit), 0), piece.count - 1);
}

function openFromMap(event, region, own, unit) {
  openRegion(region, pageUnder(event, own, unit) ?? undefined, false);
}

function showTip(event, region, own, unit) {
  const page = pageUnder(event, own, unit), tip = byId('tip');
  put(tip,
    h('div', {}, name(labelOf(region))),
    h('div', { class: 'mono' }, `${hex(region.start)}–${hex(region.end)} ${region.permissions} ${size(region.end - region.start)}`),
    page !== null && h('div', {}, h('span', { class: 'mono' }, hex(region.start + page * pageSize)), ` ${conditionWords[conditionAt(region, page)]}${isChanged(region, page) ? ', changed' : ''}`));
  tip.hidden = false;
  const box = tip.getBoundingClientRect();
  tip.style.left = `${Math.max(Math.min(event.clientX + 14, innerWidth - box.width - 8), 8)}px`;
  tip.style.top = `${event.clientY + 20 + box.height > innerHeight ? event.clientY - box.height - 12 : event.clientY + 20}px`;
}

function hideTip() {
  byId('tip').hidden = true;
}

function markRegion() {
  const items = [...byId('map').querySelectorAll('.region')];
  const regions = memoryOf(now.task)?.regions ?? [];
  const chosen = Math.max(regions.indexOf(now.region), 0);
  items.forEach((item, index) => {
    item.classList.toggle('chosen', regions[index] === now.region);
    item.tabIndex = index === chosen ? 0 : -1;
  });
  for (const row of byId('regions').querySelectorAll('tbody tr')) row.classList.toggle('chosen', Number(row.dataset.start) === now.region?.start);
}
