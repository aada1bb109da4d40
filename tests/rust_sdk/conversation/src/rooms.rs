//! Rooms of other kinds: spaces, direct chats, rooms that are replaced.

use anyhow::{Result, ensure};
use matrix_sdk::{
    RoomState,
    media::MediaFormat,
    ruma::{
        RoomId, RoomVersionId,
        api::client::room::{
            create_room::v3::{CreationContent, Request as CreateRoom},
            upgrade_room,
        },
        events::room::message::RoomMessageEventContent,
        room::RoomType,
        serde::Raw,
    },
};
use matrix_sdk_ui::{spaces::SpaceService, timeline::RoomExt};

use crate::{
    people::{Person, showing},
    report::{Report, until},
};

pub async fn of_other_kinds(alice: &Person, bob: &Person, child: &RoomId, report: &mut Report) {
    report
        .promise("users are found", async {
            ensure!(alice.client.search_users(bob.id().localpart(), 5).await?.results.len() == 1);
            Ok(())
        })
        .await;
    report.promise("a space lists its room", space(alice, child)).await;
    report.promise("a direct chat is one, and encrypted", direct(alice, bob)).await;
    report.promise("an upgraded room leads on", upgrade(alice)).await;
    report.promise("a profile is changed and seen", profile(alice, bob)).await;
}

async fn space(alice: &Person, child: &RoomId) -> Result<()> {
    let mut kind = CreationContent::new();
    kind.room_type = Some(RoomType::Space);
    let mut request = CreateRoom::new();
    request.creation_content = Some(Raw::new(&kind)?);
    let space = alice.client.create_room(request).await?;
    let spaces = SpaceService::new(alice.client.clone()).await;
    let (child, parent) = (child.to_owned(), space.room_id().to_owned());
    until(|| async { spaces.add_child_to_space(child.clone(), parent.clone()).await.ok() }).await?;
    let list = spaces.space_room_list(parent.clone()).await;
    until(|| async {
        list.paginate().await.ok()?;
        (list.rooms().await.len() == 1).then_some(())
    })
    .await
}

async fn direct(alice: &Person, bob: &Person) -> Result<()> {
    let chat = alice.client.create_dm(bob.id()).await?;
    bob.finds(chat.room_id(), RoomState::Invited).await?.join().await?;
    let bobs = bob.finds(chat.room_id(), RoomState::Joined).await?;
    until(|| async { chat.compute_is_dm().await.ok()?.then_some(()) }).await?;
    ensure!(chat.latest_encryption_state().await?.is_encrypted());
    chat.send(RoomMessageEventContent::text_plain("Only us")).await?;
    let timeline = bobs.timeline().await?;
    until(|| showing(&timeline, "Only us")).await?;
    Ok(())
}

async fn upgrade(alice: &Person) -> Result<()> {
    let old = alice.client.create_room(CreateRoom::new()).await?;
    let request = upgrade_room::v3::Request::new(old.room_id().to_owned(), RoomVersionId::V12);
    let new = alice.client.send(request).await?.replacement_room;
    until(|| async { (old.successor_room()?.room_id == new).then_some(()) }).await
}

async fn profile(alice: &Person, bob: &Person) -> Result<()> {
    let account = alice.client.account();
    account.set_display_name(Some("Alice of the Quay")).await?;
    account.upload_avatar(&"image/png".parse()?, b"not looked at".to_vec()).await?;
    until(|| async {
        let profile = bob.client.account().fetch_user_profile_of(alice.id()).await.ok()?;
        let name = profile.get("displayname")?.as_str()? == "Alice of the Quay";
        (name && profile.get("avatar_url").is_some()).then_some(())
    })
    .await?;
    ensure!(account.get_avatar(MediaFormat::File).await?.is_some_and(|it| it == b"not looked at"));
    Ok(())
}
