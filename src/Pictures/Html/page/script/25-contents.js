// The bytes of pages: packed in blocks, unpacked when they are first looked at.

const packedBlocks = byId('contents').textContent.trim().split('\n').filter(Boolean);
const unpackedBlocks = new Map();

const canUnpack = typeof DecompressionStream === 'function';

function block(number) {
  if (!unpackedBlocks.has(number)) {
    const packed = Uint8Array.from(atob(packedBlocks[number]), c => c.charCodeAt(0));
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
    unpackedBlocks.set(number, new Response(stream).arrayBuffer().then(buffer => new Uint8Array(buffer)));
  }
  return unpackedBlocks.get(number);
}

async function content(number) {
  const all = await block(Math.floor(number / data.blockPages));
  const start = number % data.blockPages * pageSize;
  return all.subarray(start, start + pageSize);
}

function contentNumber(region, page) {
  const run = tripleAt(region.contents, page);
  return run === null ? -1 : run[2] + page - run[0];
}

// The bytes of a page of a region, or why they are not here.
async function readPage(region, page) {
  const number = contentNumber(region, page);
  const condition = conditionAt(region, page);
  if (number >= 0) {
    if (!canUnpack) return { why: 'This browser cannot unpack the bytes that the page has with it (DecompressionStream): a newer one can.', command: true };
    return { bytes: await content(number) };
  }
  if (condition === 'zero') return { bytes: new Uint8Array(pageSize), note: 'All zero.' };
  if (condition === 'absent' && region.path === undefined) return { bytes: new Uint8Array(pageSize), note: 'Nobody has touched this page yet: it reads as zero.' };
  if (condition === 'absent' || condition === 'clean') {
    const offset = (region.offset ?? 0) + page * pageSize;
    return region.path === undefined
      ? { why: 'The page has no room for these bytes.', command: true }
      : { why: `This page is still as its file has it, ${region.path} at offset 0x${offset.toString(16)}, and the image leaves it there.`, file: true };
  }
  return { why: 'These bytes are in the image; this page has no room for them.', command: true };
}

// What gives the bytes in a shell.
function memoryCommand(task, address) {
  const quoted = `'${data.image.label.replaceAll("'", "''")}'`;
  return `Get-CrMemory ${quoted} 0x${hex(address)} -Length 4096${data.image.format === 'V5' ? '' : ` -ProcessId ${task.pid}`}`;
}
