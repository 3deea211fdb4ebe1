// Registers, and the code around the next instruction.

function drawProcessor() {
  const task = now.task;
  if (task.registers === undefined) {
    put(byId('processor'));
    return;
  }
  const before = registersBefore(task);
  const isLong = ([register]) => register.startsWith('st') || register.startsWith('xmm');
  const short = task.registers.filter(entry => !isLong(entry)), long = task.registers.filter(isLong);
  put(byId('processor'),
    h('section', { class: 'card', 'aria-labelledby': 'registers-title' },
      h('h2', { id: 'registers-title' }, 'Registers'),
      h('dl', { class: 'registers' }, short.map(entry => drawRegister(entry, before))),
      long.length > 0 && h('details', {}, h('summary', {}, 'x87 and SSE'), h('dl', { class: 'registers' }, long.map(entry => drawRegister(entry, before, 'long'))))),
    h('section', { class: 'card', 'aria-labelledby': 'code-title' },
      h('h2', { id: 'code-title' }, 'Code'),
      h('div', { class: 'scroll' }, drawCode(task))));
}

function registersBefore(task) {
  const before = new Map();
  for (const item of data.difference?.items ?? []) if (item.kind === 'register' && item.pid === task.pid) before.set(item.name.replace('-', '_'), item.before ?? '');
  return before;
}

function drawRegister([register, value, words], before, style) {
  const address = parseInt(value, 16);
  const leads = value.length === 8 && !['eflags', 'orig_eax'].includes(register) ? regionAt(memoryOf(now.task), address) : null;
  const was = before.get(register);
  return h('div', { class: [style, was !== undefined && 'altered'].filter(Boolean).join(' ') || undefined },
    h('dt', {}, register),
    h('dd', {}, leads === null ? value : h('button', { class: 'go', type: 'button', onclick: () => openAddress(address, 4) }, value), was !== undefined && h('span', { class: 'was' }, was || 'nothing')),
    h('dd', { class: 'words' }, leads === null ? words : ['in ', name(fileOf(labelOf(leads)))]));
}

function drawCode(task) {
  if (task.code.length === 0) {
    const eip = parseInt(task.registers.find(([register]) => register === 'eip')[1], 16);
    const region = regionAt(memoryOf(task), eip);
    return h('p', { class: 'note' }, region === null ? `Nothing is mapped at ${hex(eip)}.`
      : ['The code at ', h('span', { class: 'mono' }, hex(eip)), ' is in ', name(labelOf(region)), ', which the image does not carry. Export with ', h('code', {}, '-FilePath'), ' or ', h('code', {}, '-Root'), ' to see it.']);
  }
  let place = null;
  const rows = [];
  for (const line of task.code) {
    const symbol = line.place?.replace(/\+0x[0-9a-f]+$/, '');
    if (symbol !== undefined && symbol !== place) rows.push(h('tr', { class: 'place' }, h('td', { colspan: 3 }, name(symbol), ':')));
    place = symbol ?? place;
    rows.push(h('tr', { class: line.next ? 'next' : undefined },
      h('td', {}, h('button', { class: 'go', type: 'button', 'aria-label': `${hex(line.address)}${line.next ? ', the next instruction' : ''}`, onclick: () => openAddress(line.address, line.bytes.length / 2) }, hex(line.address))),
      h('td', { class: 'hexes extra' }, line.bytes.replace(/..(?=.)/g, '$& ')),
      h('td', {}, h('bdi', {}, line.text))));
  }
  return h('table', { class: 'code' }, h('tbody', {}, rows));
}
