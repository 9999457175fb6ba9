//! What is printed once both services answer: a line that begins with `ready`, then commands to copy.

use std::io::{self, Write};
use std::net::SocketAddr;

use identity::{Credential, Region};

pub(crate) fn print(
    out: &mut impl Write,
    table: SocketAddr,
    kms: SocketAddr,
    region: &Region,
    root: &Credential,
) -> io::Result<()> {
    let (id, secret) = (&root.access_key_id, root.secret.expose());
    writeln!(
        out,
        "ready: tables on {table}, keys on {kms}

The account root's key pair (development; without credentials you are the account root too):

    export AWS_ACCESS_KEY_ID={id}
    export AWS_SECRET_ACCESS_KEY={secret}
    export AWS_DEFAULT_REGION={region} AWS_REGION={region}
    export AWS_ENDPOINT_URL_DYNAMODB=http://{table} AWS_ENDPOINT_URL_KMS=http://{kms}

Try it:

    aws dynamodb create-table --table-name Orders --billing-mode PAY_PER_REQUEST \
      --attribute-definitions AttributeName=Id,AttributeType=S --key-schema AttributeName=Id,KeyType=HASH \
      --sse-specification Enabled=true,SSEType=KMS
    aws dynamodb put-item --table-name Orders --item '{{\"Id\": {{\"S\": \"1\"}}}}'
    aws dynamodb get-item --table-name Orders --key '{{\"Id\": {{\"S\": \"1\"}}}}'
    aws kms describe-key --key-id alias/aws/dynamodb

Or over gRPC:

    grpcurl -plaintext {table} list keystead.table.v1.TableService
    grpcurl -plaintext -d '{{\"table_name\": \"Music\",
      \"attribute_definitions\": [{{\"attribute_name\": \"Artist\", \"attribute_type\": \"SCALAR_ATTRIBUTE_TYPE_S\"}},
                                {{\"attribute_name\": \"SongTitle\", \"attribute_type\": \"SCALAR_ATTRIBUTE_TYPE_S\"}}],
      \"key_schema\": [{{\"attribute_name\": \"Artist\", \"key_type\": \"KEY_TYPE_HASH\"}},
                     {{\"attribute_name\": \"SongTitle\", \"key_type\": \"KEY_TYPE_RANGE\"}}],
      \"sse_specification\": {{\"enabled\": true, \"sse_type\": \"SSE_TYPE_KMS\"}}}}' \\
      {table} keystead.table.v1.TableService/CreateTable
    grpcurl -plaintext -d '{{\"table_name\": \"Music\",
      \"item\": {{\"Artist\": {{\"s\": \"No One You Know\"}}, \"SongTitle\": {{\"s\": \"Call Me Today\"}}}}}}' \\
      {table} keystead.table.v1.TableService/PutItem
    grpcurl -plaintext -d '{{\"table_name\": \"Music\",
      \"key\": {{\"Artist\": {{\"s\": \"No One You Know\"}}, \"SongTitle\": {{\"s\": \"Call Me Today\"}}}}}}' \\
      {table} keystead.table.v1.TableService/GetItem
    grpcurl -plaintext -d '{{\"key_id\": \"alias/aws/dynamodb\"}}' \\
      {kms} keystead.kms.v1.KeyManagementService/DescribeKey
"
    )
}
