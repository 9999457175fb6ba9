// GetItem of items of 1 KB.
import { fillTable, ITEMS, key, options, PARTITIONS, Service, some, TABLE, text } from './keystead.js';
export { options };

const tables = new Service('table');

export function setup() {
  fillTable(tables);
}

export default function () {
  const request = { table_name: TABLE, key: key(some(PARTITIONS), some(ITEMS)) };
  tables.measured('GetItem', request, (answer) => answer.found && answer.item.text.s === text);
}

export function teardown() {
  tables.must('DeleteTable', { table_name: TABLE });
}
