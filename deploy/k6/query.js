// Query of a partition of 20 items of 1 KB, which must come in order.
import { fillTable, ITEMS, options, PARTITIONS, Service, some, TABLE, text } from './keystead.js';
export { options };

const tables = new Service('table');

export function setup() {
  fillTable(tables);
}

export default function () {
  const request = {
    table_name: TABLE,
    key_condition_expression: 'p = :p',
    expression_attribute_values: { ':p': { s: `partition ${some(PARTITIONS)}` } },
  };
  tables.measured(
    'Query',
    request,
    (answer) =>
      answer.count === ITEMS &&
      answer.items.every(({ attributes: a }, number) => a.n.n === `${number}` && a.text.s === text),
  );
}

export function teardown() {
  tables.must('DeleteTable', { table_name: TABLE });
}
