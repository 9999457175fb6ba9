// Decrypt of a blob of 32 bytes.
import encoding from 'k6/encoding';
import { createKey, deleteKey, options, Service } from './keystead.js';
export { options };

const kms = new Service('kms');
const plaintext = encoding.b64encode('a secret of exactly 32 bytes ...');
const context = { run: 'k6' };

export function setup() {
  const id = createKey(kms);
  const blob = kms.must('Encrypt', { key_id: id, plaintext, encryption_context: context }).ciphertextBlob;
  return { id, blob };
}

export default function ({ blob }) {
  const request = { ciphertext_blob: blob, encryption_context: context };
  kms.measured('Decrypt', request, (answer) => answer.plaintext === plaintext);
}

export function teardown({ id }) {
  deleteKey(kms, id);
}
