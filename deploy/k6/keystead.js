// What the k6 scripts beside this file share: where the services are, how to call them, and what an answer must be.
// A script runs in `k6 run deploy/k6/NAME.js`; it fails if one answer is not what it should be.
//
//   KEYSTEAD_TABLE        table service          [127.0.0.1:8000]
//   KEYSTEAD_KMS          key-management service [127.0.0.1:8001]
//   KEYSTEAD_CREDENTIALS  access-key-id:secret   [none]
//   KEYSTEAD_CA           the services' authority (PEM): TLS instead of plain HTTP/2
//   KEYSTEAD_CERT, KEYSTEAD_KEY   a client certificate and its private key (PEM), with KEYSTEAD_CA
//   VUS, DURATION         callers at once [16], and for how long [10s]
import encoding from 'k6/encoding';
import grpc from 'k6/net/grpc';
import { check, fail } from 'k6';

const env = __ENV;
const tls = env.KEYSTEAD_CA ? { cacerts: [open(env.KEYSTEAD_CA)] } : null;
if (tls && env.KEYSTEAD_CERT) {
  tls.cert = open(env.KEYSTEAD_CERT);
  tls.key = open(env.KEYSTEAD_KEY);
}
const metadata = env.KEYSTEAD_CREDENTIALS
  ? { authorization: `Basic ${encoding.b64encode(env.KEYSTEAD_CREDENTIALS)}` }
  : {};

const services = {
  table: { proto: 'keystead/table/v1/table.proto', path: 'keystead.table.v1.TableService', address: env.KEYSTEAD_TABLE || '127.0.0.1:8000' },
  kms: { proto: 'keystead/kms/v1/kms.proto', path: 'keystead.kms.v1.KeyManagementService', address: env.KEYSTEAD_KMS || '127.0.0.1:8001' },
};

// Every answer must be right: one that is not ends the run with an error.
export const options = {
  vus: Number(env.VUS || 16),
  duration: env.DURATION || '10s',
  thresholds: { checks: ['rate==1'], iterations: ['count>0'] },
  summaryTrendStats: ['med', 'p(95)', 'p(99)', 'max'],
};

// A caller of one service. It connects when it is first used: k6 allows that only outside the script's top level.
export class Service {
  constructor(name) {
    this.of = services[name];
    this.client = new grpc.Client();
    this.client.load(['../../proto'], this.of.proto);
    this.isConnected = false;
  }

  ask(method, request) {
    if (!this.isConnected) {
      this.client.connect(this.of.address, tls ? { tls } : { plaintext: true });
      this.isConnected = true;
    }
    return this.client.invoke(`${this.of.path}/${method}`, request, { metadata });
  }

  // The answer of a request that prepares or ends a run.
  must(method, request) {
    const answer = this.ask(method, request);
    if (answer.status !== grpc.StatusOK) {
      fail(`${method}: ${answer.status} ${answer.error && answer.error.message}`);
    }
    return answer.message;
  }

  // One request of the run, whose message must be as `isRight` says.
  measured(method, request, isRight) {
    const answer = this.ask(method, request);
    check(answer, {
      [`${method} is OK`]: (a) => a.status === grpc.StatusOK,
      [`${method} answers right`]: (a) => a.status === grpc.StatusOK && isRight(a.message),
    });
  }
}

// A table that a run makes and deletes: partitions `p`, numbered `n`.
export const TABLE = 'K6Load';
export const PARTITIONS = 100;
export const ITEMS = 20;
export const text = 'x'.repeat(1000);
export const key = (partition, number) => ({ p: { s: `partition ${partition}` }, n: { n: `${number}` } });
export const item = (partition, number) => Object.assign(key(partition, number), { text: { s: text } });
// Some number below `below`, other for each caller and each iteration.
export const some = (below) => (__VU * 7919 + __ITER) % below;

export function createTable(tables) {
  tables.ask('DeleteTable', { table_name: TABLE });
  tables.must('CreateTable', {
    table_name: TABLE,
    billing_mode: 'BILLING_MODE_PAY_PER_REQUEST',
    attribute_definitions: [
      { attribute_name: 'p', attribute_type: 'SCALAR_ATTRIBUTE_TYPE_S' },
      { attribute_name: 'n', attribute_type: 'SCALAR_ATTRIBUTE_TYPE_N' },
    ],
    key_schema: [
      { attribute_name: 'p', key_type: 'KEY_TYPE_HASH' },
      { attribute_name: 'n', key_type: 'KEY_TYPE_RANGE' },
    ],
  });
}

export function fillTable(tables) {
  createTable(tables);
  for (let partition = 0; partition < PARTITIONS; partition++) {
    const puts = [...Array(ITEMS).keys()].map((number) => ({ put_request: { item: item(partition, number) } }));
    tables.must('BatchWriteItem', { request_items: { [TABLE]: { requests: puts } } });
  }
}

export function createKey(kms) {
  return kms.must('CreateKey', { description: 'of a k6 run' }).keyMetadata.keyId;
}

export function deleteKey(kms, id) {
  kms.must('ScheduleKeyDeletion', { key_id: id, pending_window_in_days: 7 });
}
