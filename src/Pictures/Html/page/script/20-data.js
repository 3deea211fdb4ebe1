// What the page has with it, and what of it is shown now.

const data = JSON.parse(byId('data').textContent);

// In the order of their numbers in runs.
const conditions = ['absent', 'clean', 'dirty', 'stored', 'zero', 'shared'];

const conditionWords = {
  dirty: 'written',
  stored: 'in the image',
  clean: 'in memory, not written',
  zero: 'all zero',
  shared: 'shared',
  absent: 'never touched, or its file’s',
};

const shortWords = { dirty: 'written', stored: 'in the image', clean: 'clean', zero: 'zero', shared: 'shared', absent: 'absent' };

const pageSize = 4096;
const tasksByPid = new Map(data.tasks.map(task => [task.pid, task]));

// The task, region and address that are shown.
const now = { task: null, region: null, address: null, length: 0 };

function memoryOf(task) {
  return task?.memory === undefined ? null : data.memories[task.memory];
}

function regionAt(memory, address) {
  return memory?.regions.find(region => address >= region.start && address < region.end) ?? null;
}

function pagesOf(region) {
  return (region.end - region.start) / pageSize;
}

function labelOf(region) {
  return region.name ?? 'anonymous';
}

const kindWords = { code: 'may run', data: 'may be written', fixed: 'may be read' };

// Code, data or neither: by what may be done there.
function kindOf(region) {
  return region.permissions[2] === 'x' ? 'code' : region.permissions[1] === 'w' ? 'data' : 'fixed';
}

// Triples of first page, count and a third number.
function* triples(list) {
  for (let i = 0; i < list.length; i += 3) yield [list[i], list[i + 1], list[i + 2]];
}

function tripleAt(list, page) {
  for (const [first, length, value] of triples(list)) if (page >= first && page < first + length) return [first, length, value];
  return null;
}

function conditionAt(region, page) {
  return conditions[tripleAt(region.runs, page)?.[2] ?? 0];
}

function isChanged(region, page) {
  return region.changed !== undefined && tripleAt(region.changed, page) !== null;
}

// A process's descriptors stand with its first thread.
function descriptorsOf(task) {
  return task.descriptors ?? tasksByPid.get(task.process)?.descriptors ?? data.tasks.find(other => other.process === task.process && other.descriptors)?.descriptors ?? null;
}

function taskLabel(pid) {
  return `${tasksByPid.get(pid)?.name ?? 'task'} ${pid}`;
}
