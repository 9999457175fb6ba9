// GenerateDataKey under a customer key; no two data keys may be the same.
import { createKey, deleteKey, options, Service } from './keystead.js';
export { options };

const kms = new Service('kms');
let last = '';

export function setup() {
  return createKey(kms);
}

export default function (id) {
  const request = { key_id: id, key_spec: 'DATA_KEY_SPEC_AES_256', encryption_context: { run: 'k6' } };
  kms.measured('GenerateDataKey', request, (answer) => {
    const isNew = answer.plaintext.length === 44 && answer.plaintext !== last && answer.keyId.endsWith(id);
    last = answer.plaintext;
    return isNew;
  });
}

export function teardown(id) {
  deleteKey(kms, id);
}
