// What tells an earlier checkpoint and this one apart.

function drawDifference() {
  const difference = data.difference;
  if (difference === undefined) return;
  byId('difference').hidden = false;
  const body = byId('difference-body');
  const intro = h('p', {}, 'Since ', h('span', { class: 'mono' }, name(difference.reference)), ` of ${difference.taken} UTC: `, difference.total === 0 ? 'nothing.' : some(difference.total, 'difference'), difference.total > 0 && '.');
  if (difference.total === 0) {
    put(body, intro);
    return;
  }
  const rows = difference.items.map(item => ({ item, row: differenceRow(item) }));
  const buttons = Object.entries(difference.counts).map(([kind, number]) => h('button', { type: 'button', 'aria-pressed': 'false', 'data-kind': kind, onclick: event => filter(event.currentTarget) }, `${kind} ${count(number)}`));
  const filter = button => {
    const isOn = button.getAttribute('aria-pressed') !== 'true';
    for (const other of buttons) other.setAttribute('aria-pressed', String(other === button && isOn));
    for (const { item, row } of rows) row.hidden = isOn && item.kind !== button.dataset.kind;
  };
  const cut = difference.total - difference.items.length;
  put(body, intro,
    h('div', { class: 'filters', role: 'group', 'aria-label': 'Only differences of one kind' }, buttons),
    h('div', { class: 'scroll tall', tabindex: 0, role: 'region', 'aria-label': 'Differences' }, table(null, [
      { title: 'Change', class: 'extra' }, { title: 'Task', class: 'extra' }, { title: 'What', class: 'what' }, { title: 'It was', class: 'was' }, { title: 'It is', class: 'wide' }], rows.map(one => one.row))),
    cut > 0 && h('p', { class: 'note' }, `${some(cut, 'further difference')}: `, h('code', {}, 'Compare-CrCheckpoint'), ' lists all.'));
}

function differenceRow(item) {
  const isBytes = item.kind === 'memory' && item.address !== undefined;
  const what = isBytes
    ? [h('button', { class: 'go', type: 'button', onclick: () => openDifference(item) }, hex(item.address)), h('span', { class: 'aside' }, ` ${some(item.length, 'byte')}`, placeOf(item))]
    : [name(item.name), item.address !== undefined && h('span', { class: 'aside' }, ` at ${item.address}, ${some(item.length, 'byte')}`)];
  return h('tr', {},
    h('td', { class: 'extra' }, h('span', { class: `change ${item.change}` }, item.change)),
    h('td', { class: 'extra' }, item.pid === undefined ? '' : name(taskLabel(item.pid))),
    h('td', { class: 'wrap what' }, what),
    h('td', { class: 'mono wrap' }, item.before ?? ''),
    h('td', { class: 'mono wrap wide' }, item.after ?? ''));
}

function placeOf(item) {
  const region = regionAt(memoryOf(tasksByPid.get(item.pid)), item.address);
  return region === null ? null : [' in ', name(fileOf(labelOf(region)))];
}

function openDifference(item) {
  if (item.pid !== undefined && item.pid !== now.task.pid && tasksByPid.has(item.pid)) select(item.pid, false);
  openAddress(item.address, item.length);
}
