// Finds addresses, names, paths, and text in the bytes that the page has with it.

const mostHits = 40;
let searches = 0;

function startSearch() {
  const query = byId('query'), hits = byId('hits');
  let timer = 0;
  query.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(search, 120);
  });
  query.addEventListener('keydown', event => {
    if (event.key === 'Escape') {
      clearTimeout(timer);
      closeHits();
    }
    else if (event.key === 'ArrowDown' && !hits.hidden) hits.querySelector('button')?.focus();
    else if (event.key === 'Enter') {
      clearTimeout(timer);
      searchAndGo();
    }
    else return;
    if (event.key !== 'Escape') event.preventDefault();
  });
  hits.addEventListener('keydown', event => {
    const buttons = hitButtons(), at = buttons.indexOf(event.target);
    if (event.key === 'ArrowDown') buttons[at + 1]?.focus();
    else if (event.key === 'ArrowUp') (buttons[at - 1] ?? query).focus();
    else if (event.key === 'Escape') {
      closeHits();
      query.focus();
    }
    else return;
    event.preventDefault();
  });
  document.addEventListener('click', event => {
    if (!event.target.closest('.search')) closeHits();
  });
  document.addEventListener('focusin', event => {
    if (!event.target.closest('.search')) closeHits();
  });
}

function hitButtons() {
  return [...byId('hits').querySelectorAll('button')];
}

// What is still being looked for is not wanted any more.
function closeHits() {
  searches++;
  byId('found').textContent = '';
  byId('hits').hidden = true;
}

// The first thing that is found.
async function searchAndGo() {
  const text = byId('query').value.trim();
  const first = addressHits(text).next().value ?? nameHits(text).next().value;
  if (first !== undefined) {
    go(first);
    return;
  }
  await search();
  byId('hits').querySelector('button')?.click();
}

async function search() {
  const text = byId('query').value.trim(), mine = ++searches;
  if (text === '') {
    closeHits();
    return;
  }
  const found = [...addressHits(text), ...nameHits(text)];
  showHits(found, text.length > 2 && canUnpack);
  if (text.length > 2 && canUnpack) {
    const more = await textHits(text);
    if (mine === searches) showHits([...found, ...more], false);
  }
}

function showHits(found, isGoingOn) {
  // Whoever has gone down the list already stays where he is: more comes behind what was there.
  const at = hitButtons().indexOf(document.activeElement);
  put(byId('hits'), found.slice(0, mostHits).map(hit => h('li', {}, h('button', { type: 'button', onclick: () => go(hit) },
    h('span', { class: 'what' }, hit.what), h('span', { class: 'which' }, name(hit.which)), hit.more && h('span', { class: 'more' }, name(hit.more))))));
  byId('hits').hidden = found.length === 0;
  if (at >= 0) (hitButtons()[at] ?? byId('query')).focus();
  byId('found').textContent = isGoingOn ? 'Looking through memory …' : found.length > mostHits ? `${count(found.length)} found, ${mostHits} shown` : found.length === 0 ? 'Nothing found' : `${count(found.length)} found`;
}

function go(hit) {
  closeHits();
  hit.open();
}

// The task that is shown comes first.
function* memories() {
  const mine = memoryOf(now.task);
  if (mine !== null) yield [mine, now.task.pid];
  for (const memory of data.memories) if (memory !== mine) yield [memory, memory.tasks[0]];
}

function* addressHits(text) {
  if (!/^(0x)?[0-9a-f]{1,8}$/i.test(text)) return;
  const address = parseInt(text, 16);
  for (const [memory, pid] of memories()) {
    const region = regionAt(memory, address);
    if (region === null) continue;
    yield { what: 'address', which: `${hex(address)} in ${labelOf(region)}`, more: `${taskLabel(pid)}, ${region.permissions}, ${hex(region.start)}–${hex(region.end)}`, open: () => openIn(pid, address, 1) };
  }
}

function* nameHits(text) {
  const wanted = text.toLowerCase(), has = value => value !== undefined && String(value).toLowerCase().includes(wanted);
  for (const task of data.tasks) {
    if (has(task.name) || has(task.command) || String(task.pid) === text) yield { what: 'task', which: `${task.name ?? ''} ${task.pid}`, more: task.command, open: () => select(task.pid, true) };
    for (const descriptor of task.descriptors ?? [])
      if (has(descriptor.path)) yield { what: 'descriptor', which: descriptor.path, more: `${taskLabel(task.pid)}, ${descriptor.number}`, open: () => showIn(task.pid, 'descriptors-title') };
    for (const line of task.code ?? []) if (has(line.place)) yield { what: 'code', which: line.place, more: `${taskLabel(task.pid)}, ${hex(line.address)}`, open: () => openIn(task.pid, line.address, line.bytes.length / 2) };
  }
  for (const [memory, pid] of memories())
    for (const region of memory.regions)
      if (has(region.name)) yield { what: 'region', which: region.name, more: `${taskLabel(pid)}, ${hex(region.start)}–${hex(region.end)} ${region.permissions}`, open: () => openIn(pid, region.start + firstPage(region) * pageSize, 0) };
  for (const connection of data.connections)
    if (connection.ends.length > 1 && has(connection.name)) yield { what: connection.kind, which: connection.name, more: connection.ends.map(endLabel).join(', '), open: () => byId('connections-title').scrollIntoView() };
}

async function textHits(text) {
  const wanted = new TextEncoder().encode(text), hits = [];
  const places = new Map();
  for (let number = 0; number < packedBlocks.length; number++) {
    const bytes = await block(number);
    for (let at = indexOf(bytes, wanted, 0); at >= 0; at = indexOf(bytes, wanted, at + 1)) {
      const page = number * data.blockPages + Math.floor(at / pageSize);
      // Pages lie in a block as they came, not as they are in memory.
      if (at % pageSize + wanted.length > pageSize) continue;
      if (!places.has(page)) places.set(page, placeOfContent(page));
      for (const { pid, region, index } of places.get(page)) {
        const address = region.start + index * pageSize + at % pageSize;
        hits.push({ what: 'memory', which: excerpt(bytes, at, wanted.length), more: `${taskLabel(pid)}, ${hex(address)} in ${labelOf(region)}`, open: () => openIn(pid, address, wanted.length) });
      }
      if (hits.length > 500) return hits;
    }
  }
  return hits;
}

function placeOfContent(number) {
  const found = [];
  for (const [memory, pid] of memories())
    for (const region of memory.regions)
      for (const [first, length, value] of triples(region.contents))
        if (number >= value && number < value + length) found.push({ pid, region, index: first + number - value });
  return found;
}

function indexOf(bytes, wanted, from) {
  for (let at = bytes.indexOf(wanted[0], from); at >= 0; at = bytes.indexOf(wanted[0], at + 1)) {
    let i = 1;
    while (i < wanted.length && bytes[at + i] === wanted[i]) i++;
    if (i === wanted.length) return at;
  }
  return -1;
}

function excerpt(bytes, at, length) {
  const start = Math.max(at - 16, at - at % pageSize), end = Math.min(at + length + 40, at - at % pageSize + pageSize);
  return [...bytes.subarray(start, end)].map(byte => byte > 31 && byte < 127 ? String.fromCharCode(byte) : '·').join('');
}

function openIn(pid, address, length) {
  if (pid !== now.task.pid) select(pid, false);
  openAddress(address, length);
}

function showIn(pid, id) {
  if (pid !== now.task.pid) select(pid, false);
  byId(id).scrollIntoView();
}
