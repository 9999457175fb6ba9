//! Promise: a deleted table is unreadable at once, although the store's files may hold its records for a while and its KMS
//! key is as it was. The files of before the deletion are put back under the running pair, as whoever kept a copy or read
//! the free space of the disk could; only what is overwritten in place is as the deletion left it.

use std::{fs, path::Path};

use proto::table::CreateTableRequest;
use tests::item::{attributes, s};
use tests::{Encryption, Stack, music};

const NAMES: [&str; 3] = ["Owned", "Managed", "Customer"];

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a directory");
    for entry in fs::read_dir(from).expect("a directory") {
        let entry = entry.expect("an entry").path();
        let target = to.join(entry.file_name().expect("a name"));
        if entry.is_dir() {
            copy(&entry, &target);
        } else {
            fs::copy(&entry, &target).expect("a copy");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_files_of_before_a_deletion_do_not_open_after_it() {
    let item = || attributes([("Artist", s("No One You Know")), ("SongTitle", s("Call Me Today"))]);
    let stack = Stack::together().await;
    let key = stack.kms().customer_key().await.key_id;
    for (name, encryption) in
        NAMES.into_iter().zip([Encryption::Owned, Encryption::Managed, Encryption::Customer(key)])
    {
        let request = CreateTableRequest { table_name: name.to_owned(), ..music(None) };
        stack.tables().create(request, &encryption).await;
        stack.tables().put(name, item()).await.expect("the item is written");
    }
    let stopped = stack.stop().await;
    let (data, kept) = (stopped.data(), stopped.logs().join("kept"));
    copy(&data, &kept);

    let stack = stopped.start().await;
    for name in NAMES {
        assert!(stack.tables().get(name, item()).await.expect("it is read").is_some());
        stack.tables().drop_table(name).await;
    }
    let stopped = stack.stop().await;

    let secrets = "tables/store/data/effaceable";
    fs::copy(data.join(secrets), kept.join(secrets)).expect("a copy");
    fs::remove_dir_all(&data).expect("a directory");
    copy(&kept, &data);
    let stack = stopped.start().await;
    for name in NAMES {
        let refused = stack.tables().get(name, item()).await.expect_err("it does not open");
        refused.assert_is("InternalServerError", "A stored record failed its authenticity check");
    }
}
