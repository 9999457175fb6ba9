//! Lists in pages: whatever the sizes, the pages put together are the list.

use proptest::prelude::*;

use crate::{
    GrantOperation, PageRequest, Tag,
    limits::ROTATION_PAUSE_MILLIS,
    ops::{
        list_aliases::ListAliases,
        list_grants::ListGrants,
        list_key_rotations::{IncludeKeyMaterial, ListKeyRotations},
        list_resource_tags::ListResourceTags,
        tag_resource::TagResource,
    },
    testing::*,
};

/// Walks all pages of sizes that repeat, and gives back what they held.
async fn walk<T>(
    sizes: &[i32],
    fetch: impl AsyncFn(PageRequest) -> Result<crate::Page<T>, crate::KmsError>,
) -> Vec<T> {
    let (mut all, mut marker) = (Vec::new(), None);
    for size in sizes.iter().cycle() {
        let page = fetch(PageRequest { limit: Some(*size), marker }).await.unwrap();
        let most = usize::try_from(*size).unwrap();
        assert!(page.items.len() <= most);
        assert!(page.next_marker.is_none() || page.items.len() == most, "only the last page is short");
        all.extend(page.items);
        marker = page.next_marker;
        if marker.is_none() {
            break;
        }
    }
    all
}

async fn furnished(keys: usize, aliases: usize, grants: usize) -> (World, String) {
    let world = World::new().await;
    let first = world.key().await.arn;
    for _ in 1..keys {
        world.key().await;
    }
    // Another account's things stand between them.
    world.kms.create_key(&stranger(), create_key()).await.unwrap();
    world.describe(&stranger(), MANAGED_ALIAS).await.unwrap();
    world.kms.generate_data_key(&service(), data_key(OWNED_ALIAS, context(&[]))).await.unwrap();
    for number in 0..aliases {
        // On both sides of `alias/aws/dynamodb`.
        let name = format!("alias/{}{number}", if number % 2 == 0 { "A" } else { "z" });
        world.alias(&name, &first).await;
    }
    for _ in 0..grants {
        world.grant(&first, &nobody(), &[GrantOperation::Decrypt]).await;
    }
    (world, first)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn pages_put_together_are_the_list(
        keys in 1_usize..12,
        aliases in 0_usize..12,
        grants in 0_usize..12,
        sizes in prop::collection::vec(1_i32..7, 1..4),
        managed in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (world, first) = furnished(keys, aliases, grants).await;
            if managed {
                world.describe(&root(), MANAGED_ALIAS).await.unwrap();
            }
            let caller = root();
            let list = walk(&sizes, async |page| world.kms.list_keys(&caller, page).await).await;
            prop_assert_eq!(list.len(), keys + usize::from(managed));
            prop_assert!(list.is_sorted_by(|a, b| a.key_id < b.key_id));

            let list = walk(&sizes, async |page| {
                world.kms.list_aliases(&caller, ListAliases { key_id: None, page }).await
            })
            .await;
            prop_assert_eq!(list.len(), aliases + 1, "the predefined one is always there");
            prop_assert!(list.is_sorted_by(|a, b| a.name < b.name));
            let predefined = list.iter().find(|alias| alias.name.as_str() == MANAGED_ALIAS).unwrap();
            prop_assert_eq!(predefined.target.is_some(), managed);

            let list = walk(&sizes, async |page| {
                world.kms.list_aliases(&caller, ListAliases { key_id: Some(first.clone()), page }).await
            })
            .await;
            prop_assert_eq!(list.len(), aliases);

            let list = walk(&sizes, async |page| {
                let request = ListGrants { key_id: first.clone(), page, ..Default::default() };
                world.kms.list_grants(&caller, request).await
            })
            .await;
            prop_assert_eq!(list.len(), grants);
            prop_assert!(list.is_sorted_by(|a, b| a.grant_id < b.grant_id));

            // As many tags as aliases, as many rotations as grants.
            let tags = (0..aliases).map(|number| Tag { key: number.to_string(), value: "v".to_owned() }).collect();
            world.kms.tag_resource(&caller, TagResource { key_id: first.clone(), tags }).await.unwrap();
            let list = walk(&sizes, async |page| {
                world.kms.list_resource_tags(&caller, ListResourceTags { key_id: first.clone(), page }).await
            })
            .await;
            prop_assert_eq!(list.len(), aliases);
            prop_assert!(list.is_sorted_by(|a, b| a.key < b.key));

            for _ in 0..grants {
                world.kms.rotate_key_on_demand(&caller, first.clone()).await.unwrap();
                world.clock.advance_millis(ROTATION_PAUSE_MILLIS);
            }
            for (include_key_material, more) in
                [(IncludeKeyMaterial::RotationsOnly, 0), (IncludeKeyMaterial::AllKeyMaterial, 1)]
            {
                let list = walk(&sizes, async |page| {
                    let request = ListKeyRotations { key_id: first.clone(), include_key_material, page };
                    world.kms.list_key_rotations(&caller, request).await
                })
                .await;
                prop_assert_eq!(list.len(), grants + more);
                prop_assert!(list.is_sorted_by(|a, b| a.rotation_date < b.rotation_date));
            }
            Ok(())
        })?;
    }
}

#[tokio::test]
async fn a_marker_is_good_for_its_own_list_only() {
    let (world, first) = furnished(3, 3, 3).await;
    let one = |marker: Option<String>| PageRequest { limit: Some(1), marker };
    let keys = world.kms.list_keys(&root(), one(None)).await.unwrap().next_marker.unwrap();
    let grants = |marker| ListGrants { key_id: first.clone(), page: one(marker), ..Default::default() };
    let aliases = |marker| ListAliases { key_id: None, page: one(marker) };
    assert!(world.kms.list_keys(&root(), one(Some(keys.clone()))).await.is_ok());
    let invalid = "InvalidMarkerException";
    assert_eq!(code(&world.kms.list_grants(&root(), grants(Some(keys.clone()))).await), invalid);
    assert_eq!(code(&world.kms.list_aliases(&root(), aliases(Some(keys.clone()))).await), invalid);
    let other_account = world.kms.list_keys(&stranger(), one(Some(keys.clone()))).await;
    assert_eq!(code(&other_account), invalid, "a marker tells of its account's keys");
    assert_eq!(code(&world.kms.list_keys(&root(), one(Some("no marker".to_owned()))).await), invalid);
    assert_eq!(code(&world.kms.list_keys(&root(), one(Some("x".repeat(1025)))).await), "ValidationException");
    for (limit, most) in [(0, 1000), (1001, 1000)] {
        let request = PageRequest { limit: Some(limit), marker: None };
        assert_eq!(code(&world.kms.list_keys(&root(), request).await), "ValidationException", "{most}");
    }
    // A key that goes away between two pages is no gap.
    let after = world.kms.list_keys(&root(), one(None)).await.unwrap();
    let id = after.items[0].key_id.to_string();
    world.kms.schedule_key_deletion(&root(), schedule(&id, 7)).await.unwrap();
    world.clock.advance_days(7);
    world.kms.run_upkeep().await.unwrap();
    let rest =
        world.kms.list_keys(&root(), PageRequest { limit: None, marker: after.next_marker }).await.unwrap();
    assert_eq!(rest.items.len(), 2);
}
