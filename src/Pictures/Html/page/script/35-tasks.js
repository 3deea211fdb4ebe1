// The tree of tasks: threads beneath their process, processes beneath their parent.

function childrenOf(task) {
  return data.tasks.filter(other => other !== task && (other.pid === other.process
    ? task.pid === task.process && other.parent === task.pid
    : other.process === task.pid));
}

function isRoot(task) {
  return task.pid === task.process ? !tasksByPid.has(task.parent) || task.parent === task.pid : !tasksByPid.has(task.process);
}

function drawTasks() {
  const seen = new Set(), items = [];
  const add = (task, level) => {
    if (seen.has(task)) return;
    seen.add(task);
    items.push(taskItem(task, level));
    for (const child of childrenOf(task)) add(child, level + 1);
  };
  // What stands in a circle still has to be seen.
  for (const task of [...data.tasks.filter(isRoot), ...data.tasks]) add(task, 1);
  put(byId('tasks'), items);
  byId('tasks').addEventListener('keydown', walkTasks);
}

function taskItem(task, level) {
  const isThread = task.pid !== task.process;
  const item = h('li', { role: 'treeitem', tabindex: -1, 'data-pid': task.pid, 'aria-level': level, 'aria-selected': 'false', class: task.memory === undefined ? 'gone' : undefined, onclick: () => select(task.pid, true) },
    h('span', { class: `dot ${task.state}${isThread ? ' thread' : ''}`, title: task.state }), ' ',
    name(task.name ?? '', { class: 'name' }), ' ', h('span', { class: 'pid' }, task.pid), h('span', { class: 'unseen' }, ` ${isThread ? 'thread, ' : ''}${task.state}`));
  item.style.setProperty('--level', Math.min(level, 8));
  return item;
}

function walkTasks(event) {
  const items = [...byId('tasks').children];
  const at = items.indexOf(event.target.closest('[role="treeitem"]'));
  const level = i => Number(items[i]?.getAttribute('aria-level') ?? 0);
  const parent = items.slice(0, at).findLastIndex((_, i) => level(i) < level(at));
  const ways = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1, ArrowRight: level(at + 1) > level(at) ? at + 1 : -1, ArrowLeft: parent };
  if (event.key === 'Enter' || event.key === ' ') select(Number(items[at].dataset.pid), true);
  else if (!(event.key in ways)) return;
  event.preventDefault();
  const target = items[ways[event.key]];
  if (target === undefined) return;
  for (const other of items) other.tabIndex = other === target ? 0 : -1;
  target.focus();
}

function markTask() {
  for (const item of byId('tasks').children) {
    const isIt = Number(item.dataset.pid) === now.task.pid;
    item.setAttribute('aria-selected', String(isIt));
    item.tabIndex = isIt ? 0 : -1;
  }
}

function drawTask() {
  const task = now.task;
  const others = memoryOf(task)?.tasks.filter(pid => pid !== task.pid) ?? [];
  put(byId('task'),
    h('h2', {}, name(task.name ?? ''), ` ${task.pid}`),
    task.command && h('p', { class: 'command mono' }, name(task.command)),
    h('p', { class: 'words' },
      h('span', { class: 'chip' }, task.state),
      task.waits && h('span', { class: 'chip' }, 'in ', name(task.waits)),
      task.saved && h('span', { class: 'chip' }, 'the task that was saved'),
      task.pid !== task.process && h('span', { class: 'chip' }, `thread of ${task.process}`),
      task.parent > 0 && h('span', { class: 'chip' }, `child of ${taskLabel(task.parent)}`),
      task.user !== undefined && h('span', { class: 'chip' }, `user ${task.user}`),
      task.instructions > 0 && h('span', { class: 'chip' }, `${count(task.instructions)} instructions`),
      others.length > 0 && h('span', { class: 'chip' }, `same memory as ${others.join(', ')}`)));
}
