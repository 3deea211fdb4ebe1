// Elements. Texts of the guest become text nodes and nothing else: no markup is ever made of a string.

const svgNamespace = 'http://www.w3.org/2000/svg';

// Control characters, and those that turn or hide text, are shown instead of obeyed.
const hidden = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/gu;

function shown(text) {
  return String(text).replace(hidden, c => {
    const code = c.codePointAt(0);
    return { 9: '\\t', 10: '\\n', 13: '\\r' }[code] ?? (code < 256 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u{${code.toString(16)}}`);
  });
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
  for (const child of children.flat(Infinity)) {
    if (child === undefined || child === null || child === false || child === '') continue;
    element.append(child instanceof Node ? child : shown(child));
  }
  return element;
}

function h(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function s(name, attributes, ...children) {
  return fill(document.createElementNS(svgNamespace, name), attributes, children);
}

// What an element has in place of what it had.
function put(element, ...children) {
  element.replaceChildren();
  return fill(element, {}, children);
}

function byId(id) {
  return document.getElementById(id);
}

// A name of the guest, kept from turning the text around it.
function name(text, attributes) {
  return h('bdi', attributes, text);
}

function table(caption, columns, rows) {
  return h('table', {},
    caption && h('caption', {}, caption),
    h('thead', {}, h('tr', {}, columns.map(column => h('th', { scope: 'col', class: column.class }, column.title)))),
    h('tbody', {}, rows));
}

function cell(content, style) {
  return h('td', { class: style }, content);
}
