//! Tags.

use identity::Caller;
use kms_core::{
    Kms, Tag,
    ops::{list_resource_tags::ListResourceTags, tag_resource::TagResource, untag_resource::UntagResource},
};
use proto::kms as pb;

use super::{Refusal, convert};

pub(super) async fn tag_resource(
    kms: Kms,
    caller: Caller,
    request: pb::TagResourceRequest,
) -> Result<pb::TagResourceResponse, Refusal> {
    let tags = request.tags.into_iter().map(convert::tag).collect();
    kms.tag_resource(&caller, TagResource { key_id: request.key_id, tags }).await?;
    Ok(pb::TagResourceResponse {})
}

pub(super) async fn untag_resource(
    kms: Kms,
    caller: Caller,
    request: pb::UntagResourceRequest,
) -> Result<pb::UntagResourceResponse, Refusal> {
    let command = UntagResource { key_id: request.key_id, tag_keys: request.tag_keys };
    kms.untag_resource(&caller, command).await?;
    Ok(pb::UntagResourceResponse {})
}

pub(super) async fn list_resource_tags(
    kms: Kms,
    caller: Caller,
    request: pb::ListResourceTagsRequest,
) -> Result<pb::ListResourceTagsResponse, Refusal> {
    let command =
        ListResourceTags { key_id: request.key_id, page: convert::page(request.limit, request.marker) };
    let page = kms.list_resource_tags(&caller, command).await?;
    Ok(pb::ListResourceTagsResponse {
        tags: page
            .items
            .into_iter()
            .map(|Tag { key, value }| pb::Tag { tag_key: key, tag_value: value })
            .collect(),
        truncated: page.next_marker.is_some(),
        next_marker: page.next_marker.unwrap_or_default(),
    })
}
