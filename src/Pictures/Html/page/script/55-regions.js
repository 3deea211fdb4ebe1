// The regions as a table.

function drawRegions() {
  const memory = memoryOf(now.task);
  if (memory === null) {
    put(byId('regions'), h('p', { class: 'note' }, 'None: the task has ended.'));
    return;
  }
  const rows = memory.regions.map(region => h('tr', { 'data-start': region.start },
    h('td', { class: 'mono' }, h('button', { class: 'go', type: 'button', onclick: () => openRegion(region, undefined, true) }, hex(region.start)), h('span', { class: 'extra' }, `–${hex(region.end)}`)),
    h('td', { class: 'mono perm' }, [...region.permissions].map(c => c === '-' ? c : h('b', {}, c))),
    cell(size(region.end - region.start), 'number'),
    h('td', { class: 'extra' }, shareBar(region)),
    cell(shares(region), 'extra'),
    h('td', { class: 'wide' }, region.name === undefined ? h('span', { class: 'aside' }, 'anonymous') : name(region.name), region.offset > 0 && h('span', { class: 'aside' }, ` +0x${region.offset.toString(16)}`))));
  put(byId('regions'), table(null, [
    { title: 'Address' }, { title: 'May' }, { title: 'Size', class: 'number' }, { title: 'Pages', class: 'extra' }, { title: 'What they are', class: 'extra' }, { title: 'Name', class: 'wide' }], rows));
}

function shares(region) {
  return Object.entries(shortWords).filter(([condition]) => region.counts[condition] > 0).map(([condition, word]) => `${count(region.counts[condition])} ${word}`).join(', ');
}

function shareBar(region) {
  const bar = h('span', { class: 'bar', 'aria-hidden': 'true' });
  for (const condition of ['dirty', 'stored', 'shared', 'clean', 'zero']) {
    const pages = region.counts[condition];
    if (pages === undefined) continue;
    const part = h('i', { class: condition });
    part.style.width = `${100 * pages / pagesOf(region)}%`;
    bar.append(part);
  }
  return bar;
}
