// Descriptors, and who else has what they lead to.

function connectionOf(task, number) {
  return data.connections.find(connection => connection.ends.some(end => end.pid === task.process && end.descriptor === number));
}

function drawDescriptors() {
  const task = now.task, descriptors = descriptorsOf(task);
  if (descriptors === null || descriptors.length === 0) {
    put(byId('descriptors'), h('p', { class: 'note' }, 'None.'));
    return;
  }
  const rows = descriptors.map(descriptor => h('tr', {},
    cell(descriptor.number, 'number mono'),
    cell(descriptor.kind),
    h('td', { class: 'wide' }, name(descriptor.path ?? ''), sharedWith(task, descriptor)),
    cell(descriptor.access, 'mono'),
    cell(descriptor.position > 0 ? count(descriptor.position) : '', 'number extra'),
    cell(descriptor.flags ?? '', 'extra')));
  put(byId('descriptors'), table(null, [
    { title: 'Number', class: 'number' }, { title: 'Kind' }, { title: 'Path', class: 'wide' }, { title: 'Mode' }, { title: 'Position', class: 'number extra' }, { title: 'Flags', class: 'extra' }], rows));
}

function sharedWith(task, descriptor) {
  const others = connectionOf(task, descriptor.number)?.ends.filter(end => end.pid !== task.process) ?? [];
  if (others.length === 0) return null;
  const shownEnds = others.slice(0, 4);
  return h('span', { class: 'aside' }, ' with ', shownEnds.map((end, i) => [i > 0 && ', ', name(endLabel(end))]), others.length > shownEnds.length && ` and ${count(others.length - shownEnds.length)} more`);
}

function endLabel(end) {
  return end.descriptor === undefined ? `${taskLabel(end.pid)} at ${hex(end.address)}` : `${taskLabel(end.pid)} (${end.descriptor})`;
}
