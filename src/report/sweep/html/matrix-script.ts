/** Rows that are laid out at the same time: a browser takes seconds over thousands. */
export const ROWS_SHOWN = 250;

/**
 * The script of the page: sorts by a column, looks for a word, turns pages. Nothing foreign goes into it: its digest is what the page's
 * policy lets in. It makes no HTML, sends nothing, and reads only what is in the page; without it the filters work, and the whole table
 * can be shown.
 */
export const SCRIPT = `
'use strict';
{
  const find = (id) => document.getElementById(id);
  const body = document.querySelector('#matrix tbody');
  const results = ['refused', 'undecided', 'admitted'];
  const states = ['failed', 'unknown', 'warned', 'passed', 'off', 'absent', ...results];
  const order = new Intl.Collator('en', { numeric: true });
  const texts = new Map();
  let rows = [...body.rows];
  let first = 0;
  let sorted = '';

  const textOf = (row) => {
    if (!texts.has(row)) texts.set(row, row.textContent.toLowerCase());
    return texts.get(row);
  };
  const keyOf = (cell) => {
    if (cell.dataset.k !== undefined) return Number(cell.dataset.k);
    const at = states.indexOf(cell.className);
    if (at < 0) return cell.dataset.t;
    return at - Math.min(parseInt(cell.textContent.slice(1), 10) || 0, 9999) / 10000;
  };
  const draw = () => {
    const word = find('search').value.trim().toLowerCase();
    const kinds = results.filter((result) => find('show-' + result).checked);
    const isOnlyChanged = find('only-changed')?.checked === true;
    const shown = rows.filter(
      (row) =>
        kinds.some((kind) => row.classList.contains(kind)) &&
        (!isOnlyChanged || row.classList.contains('changed')) &&
        (word === '' || textOf(row).includes(word)),
    );
    first = Math.max(0, Math.min(first, Math.floor((shown.length - 1) / ${ROWS_SHOWN}) * ${ROWS_SHOWN}));
    const last = Math.min(first + ${ROWS_SHOWN}, shown.length);
    body.replaceChildren(...shown.slice(first, last));
    find('before').disabled = first === 0;
    find('after').disabled = last === shown.length;
    find('told').textContent =
      (shown.length === 0 ? 'no name' : 'names ' + (first + 1) + ' to ' + last + ' of ' + shown.length) +
      (shown.length < rows.length ? ', ' + (rows.length - shown.length) + ' filtered out' : '') + sorted;
  };
  const again = () => {
    first = 0;
    draw();
  };
  const turn = (by) => {
    first += by;
    draw();
    document.querySelector('#matrix').scrollIntoView();
  };

  for (const button of document.querySelectorAll('#matrix thead button')) {
    button.disabled = false;
    button.addEventListener('click', () => {
      const head = button.closest('th');
      const isUp = head.getAttribute('aria-sort') !== 'ascending';
      for (const other of head.parentElement.children) other.removeAttribute('aria-sort');
      head.setAttribute('aria-sort', isUp ? 'ascending' : 'descending');
      const keyed = rows.map((row) => [keyOf(row.cells[head.cellIndex]), row]);
      keyed.sort(([a], [b]) => (typeof a === 'number' ? a - b : order.compare(a, b)) * (isUp ? 1 : -1));
      rows = keyed.map(([, row]) => row);
      sorted = '; sorted by ' + button.textContent.trim() + (isUp ? '' : ', the other way round');
      again();
    });
  }
  let waiting;
  find('search').addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(again, 150);
  });
  for (const box of document.querySelectorAll('.panel input[type=checkbox]')) box.addEventListener('change', again);
  find('before').addEventListener('click', () => turn(-${ROWS_SHOWN}));
  find('after').addEventListener('click', () => turn(${ROWS_SHOWN}));
  find('searching').hidden = false;
  find('paging').hidden = rows.length <= ${ROWS_SHOWN};
  find('whole')?.remove();
  draw();
}
`;
