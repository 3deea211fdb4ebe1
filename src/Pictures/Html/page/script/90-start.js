// Choosing a task, keys of the whole page, and the beginning.

function select(pid, focus) {
  const task = tasksByPid.get(pid);
  if (task === undefined) return;
  [now.task, now.region, now.address] = [task, null, null];
  byId('bytes').hidden = true;
  drawTask();
  drawRegions();
  drawMap();
  drawProcessor();
  drawDescriptors();
  markTask();
  markScrollable();
  remember();
  if (focus) byId('tasks').querySelector(`[data-pid="${pid}"]`)?.focus({ preventScroll: true });
}

// The address of the page says what it shows, so that it can be kept and given on.
function remember() {
  const place = `#task=${now.task.pid}${now.region === null ? '' : `&at=${hex(now.address)}`}`;
  try {
    history.replaceState(null, '', place);
  } catch {
    // Some browsers do not let a page of a file do that.
  }
}

function recall() {
  const given = new URLSearchParams(location.hash.slice(1));
  const pid = Number(given.get('task'));
  select(tasksByPid.has(pid) ? pid : tasksByPid.has(data.image.pid) ? data.image.pid : data.tasks[0]?.pid, false);
  const at = given.get('at');
  if (at !== null && /^[0-9a-f]{1,8}$/.test(at)) openAddress(parseInt(at, 16), 0, false);
}

document.addEventListener('keydown', event => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.target.closest('input')) return;
  if (event.key === '/') {
    byId('query').focus();
    event.preventDefault();
  }
  else if (event.key === '[') turnPage(-1);
  else if (event.key === ']') turnPage(1);
});

drawHeader();
drawTasks();
drawDifference();
drawConnections();
startSearch();
if (data.tasks.length > 0) recall();

let drawnWidth = byId('map').clientWidth;
new ResizeObserver(() => {
  const width = byId('map').clientWidth;
  if (width === drawnWidth || now.task === null) return;
  drawnWidth = width;
  drawMap();
  markScrollable();
}).observe(byId('map'));

// For whoever tests the page: it is drawn.
document.documentElement.dataset.ready = 'true';
