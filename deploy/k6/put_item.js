// PutItem of items of 1 KB, durable when they are answered; at the end a sample is read back.
import { createTable, key, item, options, PARTITIONS, Service, some, TABLE, text } from './keystead.js';
export { options };

const tables = new Service('table');

export function setup() {
  createTable(tables);
}

export default function () {
  tables.measured('PutItem', { table_name: TABLE, item: item(some(PARTITIONS), __ITER) }, () => true);
  if (__ITER % 100 === 0) {
    const request = { table_name: TABLE, key: key(some(PARTITIONS), __ITER) };
    tables.measured('GetItem', request, (answer) => answer.found && answer.item.text.s === text);
  }
}

export function teardown() {
  tables.must('DeleteTable', { table_name: TABLE });
}
