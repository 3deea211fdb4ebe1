// What is wider than its place can be scrolled with keys, and only that stops the Tab key.

function markScrollable() {
  for (const holder of document.querySelectorAll('.scroll')) {
    const isWide = holder.scrollWidth > holder.clientWidth + 1 || holder.scrollHeight > holder.clientHeight + 1;
    if (holder.classList.contains('tall')) continue;
    if (isWide) {
      holder.setAttribute('tabindex', 0);
      holder.setAttribute('role', 'region');
      holder.setAttribute('aria-label', `${holder.closest('.card').querySelector('h2').textContent}, table`);
    } else {
      for (const attribute of ['tabindex', 'role', 'aria-label']) holder.removeAttribute(attribute);
    }
  }
}
