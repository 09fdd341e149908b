// Finds and orders the sides of a long list. Without scripts the list is whole, in the order given.
const FEW_SIDES = 8; // So many are seen at a glance.
const list = document.getElementById('sides');
const sides = [...list.children];
const [tools, find, order, count] = ['tools', 'find', 'order', 'count'].map((id) => document.getElementById(id));
const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
const title = (side) => side.querySelector('h2').textContent;
const texts = new Map(sides.map((side) => [side, plain(side.textContent)]));
const orders = {
  given: () => 0,
  title: (a, b) => title(a).localeCompare(title(b), undefined, { numeric: true }),
  long: (a, b) => b.dataset.secs - a.dataset.secs,
};

function show() {
  const wanted = plain(find.value).split(/\s+/).filter(Boolean);
  for (const side of sides) side.hidden = !wanted.every((word) => texts.get(side).includes(word));
  list.append(...[...sides].sort(orders[order.value]));
  const shown = sides.filter((side) => !side.hidden).length;
  count.textContent = wanted.length ? (shown ? `${shown} of ${sides.length}` : 'no side has that') : '';
  list.hidden = !shown;
}

tools.hidden = sides.length < FEW_SIDES;
tools.addEventListener('submit', (event) => event.preventDefault());
find.addEventListener('input', show);
order.addEventListener('change', show);
document.addEventListener('keydown', (event) => {
  if (tools.hidden || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === '/' && document.activeElement !== find) {
    event.preventDefault();
    find.focus();
  } else if (event.key === 'Escape' && document.activeElement === find) {
    find.value = '';
    show();
  }
});
