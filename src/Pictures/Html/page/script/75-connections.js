// What connects tasks: as a drawing, processes left and things right, and as a table.

const mostDrawn = 40;

function drawConnections() {
  const holder = byId('connections');
  const shared = data.connections.filter(connection => connection.ends.length > 1);
  byId('connections-aside').textContent = shared.length > 0 ? `${some(shared.length, 'thing')} with more than one end, of all tasks` : '';
  if (shared.length === 0) {
    put(holder, h('p', { class: 'note' }, 'Nothing that is open or mapped has more than one end.'));
    return;
  }
  const rows = shared.map(connection => h('tr', {},
    cell(connection.kind),
    h('td', {}, name(connection.name), connection.detail && h('span', { class: 'aside' }, ' ', connection.detail)),
    h('td', { class: 'wide' }, connection.ends.map((end, i) => [i > 0 && ', ', name(endLabel(end)), h('span', { class: 'aside' }, ` ${end.role}`)]))));
  put(holder, drawGraph(shared.slice(0, mostDrawn)) ?? '',
    h('div', { class: 'scroll' }, table(shared.length > mostDrawn ? `The drawing has the first ${mostDrawn}.` : null, [{ title: 'Kind' }, { title: 'What' }, { title: 'Who', class: 'wide' }], rows)));
}

function drawGraph(all) {
  const connections = all.filter(connection => new Set(connection.ends.map(end => end.pid)).size > 1);
  const pids = [...new Set(connections.flatMap(connection => connection.ends.map(end => end.pid)))].sort((a, b) => a - b);
  if (pids.length < 2) return null;
  const width = 860, left = 210, right = 320, high = 38, step = 50;
  const placeOf = pid => pids.indexOf(pid);
  // Things stand near those that have them.
  const sorted = connections.map(connection => ({ connection, at: connection.ends.reduce((sum, end) => sum + placeOf(end.pid), 0) / connection.ends.length })).sort((a, b) => a.at - b.at).map(one => one.connection);
  const height = Math.max(pids.length, sorted.length) * step;
  const row = (index, of) => (index + .5) * height / of;
  const edges = [];
  const nodes = [
    ...pids.map((pid, index) => graphNode(0, row(index, pids.length), left, high, 'process', tasksByPid.get(pid)?.name ?? '', `${pid}`, `process ${taskLabel(pid)}`, end => end.pid === pid)),
    ...sorted.map((connection, index) => graphNode(width - right, row(index, sorted.length), right, high, connection.kind, connection.name, connection.ends.map(endLabel).join(', '), `${connection.kind} ${connection.name}`, (end, of) => of === connection)),
  ];
  sorted.forEach((connection, index) => {
    for (const pid of new Set(connection.ends.map(end => end.pid))) {
      const ends = connection.ends.filter(end => end.pid === pid);
      const y1 = row(placeOf(pid), pids.length), y2 = row(index, sorted.length), bend = (width - left - right) / 2;
      const line = s('path', { class: `edge ${connection.kind}`, d: `M${left} ${y1} C${left + bend} ${y1} ${width - right - bend} ${y2} ${width - right} ${y2}` });
      // Bytes go the way that the arrow points.
      const arrows = connection.kind !== 'pipe' ? [] : [
        ends.some(end => end.role.includes('writes')) && s('path', { class: 'arrow', d: `M${width - right} ${y2} l-9 -5 v10 z` }),
        ends.some(end => end.role.includes('reads')) && s('path', { class: 'arrow', d: `M${left} ${y1} l9 -5 v10 z` })];
      edges.push({ edge: s('g', {}, line, arrows), end: ends[0], connection });
    }
  });
  const drawing = s('svg', { viewBox: `0 0 ${width} ${height}`, role: 'group', 'aria-label': 'Processes and what connects them' }, edges.map(one => one.edge), nodes.map(node => node.element));
  for (const node of nodes) {
    const show = isOn => { for (const one of edges) one.edge.classList.toggle('dim', isOn && !node.has(one.end, one.connection)); };
    for (const [type, isOn] of [['mouseenter', true], ['focus', true], ['mouseleave', false], ['blur', false]]) node.element.addEventListener(type, () => show(isOn));
  }
  drawing.addEventListener('keydown', event => walkGraph(event, nodes.map(node => node.element)));
  nodes[0].element.setAttribute('tabindex', 0);
  return h('div', { class: 'graph' }, drawing);
}

function graphNode(x, y, width, high, kind, title, more, label, has) {
  const short = fit(shown(title), (width - 34) / 7.4);
  const element = s('g', { class: `node ${kind}`, tabindex: -1, role: 'img', 'aria-label': shown(label), transform: `translate(${x} ${y - high / 2})` },
    s('rect', { width, height: high, rx: 8 }),
    s('circle', { class: `bead ${kind}`, cx: 14, cy: high / 2, r: 4 }),
    s('text', { x: 27, y: 16 }, short),
    s('text', { class: 'soft', x: 27, y: 31 }, fit(shown(more), (width - 34) / 6)));
  return { element, has };
}

function fit(text, most) {
  return text.length <= most ? text : `…${text.slice(-(Math.floor(most) - 1))}`;
}

function walkGraph(event, nodes) {
  const steps = { ArrowDown: 1, ArrowRight: 1, ArrowUp: -1, ArrowLeft: -1 };
  if (!(event.key in steps)) return;
  const target = nodes[nodes.indexOf(event.target) + steps[event.key]];
  event.preventDefault();
  if (target === undefined) return;
  for (const node of nodes) node.setAttribute('tabindex', node === target ? 0 : -1);
  target.focus();
}
