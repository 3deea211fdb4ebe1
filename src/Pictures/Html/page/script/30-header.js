// Title and facts.

function drawHeader() {
  const image = data.image;
  const saved = tasksByPid.get(image.pid);
  const title = saved?.name ?? image.label;
  document.title = shown(`${title} · checkpoint`);
  put(byId('title'), name(title));
  put(byId('subtitle'),
    h('span', { class: 'mono' }, name(image.label)), ` · ${image.format} · taken ${image.taken} UTC`,
    image.host && [' · ', name(image.host)], image.kernel && [' · Linux ', name(image.kernel)]);

  const alive = data.tasks.filter(task => task.memory !== undefined);
  const mapped = data.memories.flatMap(memory => memory.regions).reduce((sum, region) => sum + region.end - region.start, 0);
  const facts = [
    ['Tasks', count(data.tasks.length), alive.length < data.tasks.length && `${count(data.tasks.length - alive.length)} ended`],
    ['Regions', count(data.memories.reduce((sum, memory) => sum + memory.regions.length, 0)), data.memories.length > 1 && `in ${some(data.memories.length, 'address space')}`],
    ['Mapped', size(mapped)],
    ['Pages in the image', count(image.pagesStored), image.pagesZero > 0 && `and ${count(image.pagesZero)} zero`],
    image.pagesUnchanged > 0 && ['Of its parent', count(image.pagesUnchanged), `${some(image.chain, 'image')} in the chain`],
    image.bytes > 0 && ['File', size(image.bytes)],
    data.difference && ['Differences', count(data.difference.total)],
  ];
  put(byId('facts'), facts.filter(Boolean).map(([label, value, more]) => h('div', {}, h('dt', {}, label), h('dd', {}, value, more && [' ', h('small', {}, more)]))));
}
