// The bytes of one page at a time.

// Shows a region: at a page of it, else at the first page that has something to show.
function openRegion(region, page, focus) {
  now.region = region;
  const first = page ?? firstPage(region);
  return openPage(region, first, null, 0, focus);
}

function firstPage(region) {
  const run = [...triples(region.contents)][0];
  return run?.[0] ?? [...triples(region.runs)][0]?.[0] ?? 0;
}

function openAddress(address, length = 0, focus = true) {
  const region = regionAt(memoryOf(now.task), address);
  if (region === null) return false;
  now.region = region;
  openPage(region, Math.floor((address - region.start) / pageSize), address, length, focus);
  return true;
}

async function openPage(region, page, address, length, focus) {
  const start = region.start + page * pageSize;
  [now.region, now.address, now.length] = [region, address ?? start, length];
  markRegion();
  drawOverview(memoryOf(now.task));
  remember();
  const section = byId('bytes'), wanted = start;
  const read = await readPage(region, page);
  // Another page may have been asked for meanwhile.
  if (now.region !== region || Math.floor((now.address - region.start) / pageSize) !== page || region.start + page * pageSize !== wanted) return;
  section.hidden = false;
  put(byId('bytes-title'), 'Bytes of ', name(labelOf(region)));
  byId('bytes-aside').textContent = `page ${count(page + 1)} of ${count(pagesOf(region))}: ${conditionWords[conditionAt(region, page)]}${isChanged(region, page) ? ', changed' : ''}`;
  const turn = (label, to, text) => h('button', { type: 'button', disabled: to < 0 || to >= pagesOf(region), 'aria-label': label, onclick: () => openPage(region, to, null, 0, false) }, text);
  put(byId('bytes-body'),
    h('div', { class: 'turn' }, turn('Previous page', page - 1, '← [')
      , h('span', { class: 'mono' }, `${hex(start)}–${hex(start + pageSize - 1)}`), turn('Next page', page + 1, '] →')),
    read.note && h('p', { class: 'note' }, read.note),
    read.bytes ? hexView(read.bytes, start, address, length) : whyNot(read, start));
  const mark = byId('bytes-body').querySelector('mark');
  if (mark) {
    const view = mark.closest('.hex');
    view.scrollTop = mark.closest('.line').offsetTop - view.offsetTop - 60;
  }
  if (focus) {
    section.scrollIntoView({ block: 'nearest' });
    section.focus({ preventScroll: true });
  }
}

function whyNot(read, start) {
  return h('p', { class: 'note' }, read.why,
    read.command && [' In a shell: ', h('code', {}, memoryCommand(now.task, start))],
    read.file && [' Export with ', h('code', {}, '-Root'), ' or ', h('code', {}, '-FilePath'), ' to have it here.']);
}

function hexView(bytes, start, address, length) {
  const per = byId('bytes').clientWidth < 640 ? 8 : 16;
  const from = address === null ? -1 : address - start, to = from + Math.max(length, from < 0 ? 0 : 1);
  const lines = [];
  for (let at = 0; at < bytes.length; at += per) {
    const row = bytes.subarray(at, at + per);
    lines.push(h('div', { class: 'line' },
      h('span', { class: 'at' }, hex(start + at)),
      h('span', {}, styled(row, at, from, to, byte => byte.toString(16).padStart(2, '0'), ' ')),
      h('span', { class: 'text' }, styled(row, at, from, to, byte => byte > 31 && byte < 127 ? String.fromCharCode(byte) : '·', ''))));
  }
  return h('div', { class: 'hex', tabindex: 0, role: 'region', 'aria-label': `Hexadecimal view of the page at ${hex(start)}` }, lines);
}

// Runs of bytes that look alike become one element each.
function styled(row, at, from, to, write, between) {
  const looks = byte => (byte.index >= from && byte.index < to ? 'hit' : byte.value === 0 ? 'nil' : '');
  const parts = [];
  let run = null;
  row.forEach((value, i) => {
    const look = looks({ value, index: at + i });
    const text = write(value) + (i + 1 < row.length ? between : '');
    if (run?.look === look) run.text += text;
    else parts.push(run = { look, text });
  });
  return parts.map(part => part.look === 'hit' ? h('mark', {}, part.text) : h('span', { class: part.look || undefined }, part.text));
}

function turnPage(by) {
  if (now.region === null || byId('bytes').hidden) return;
  const page = Math.floor((now.address - now.region.start) / pageSize) + by;
  if (page >= 0 && page < pagesOf(now.region)) openPage(now.region, page, null, 0, false);
}
