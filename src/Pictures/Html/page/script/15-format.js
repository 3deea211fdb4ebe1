// Numbers as people read them.

function hex(value, digits = 8) {
  return (value >>> 0).toString(16).padStart(digits, '0');
}

function size(bytes) {
  for (const [unit, name] of [[2 ** 30, 'GiB'], [2 ** 20, 'MiB'], [2 ** 10, 'KiB']]) {
    if (bytes >= unit) return `${(bytes / unit).toFixed(bytes % unit === 0 || bytes >= 100 * unit ? 0 : 1)} ${name}`;
  }
  return `${bytes} B`;
}

function count(value) {
  return value.toLocaleString('en');
}

function some(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

function fileOf(path) {
  return path.slice(path.lastIndexOf('/') + 1) || path;
}
