//! What the server says of itself, and of people and rooms that are looked for.

use std::process;

use anyhow::{Result, ensure};
use matrix_sdk::{
    RoomMemberships, RoomState,
    ruma::{
        RoomAliasId,
        api::client::{
            directory::get_public_rooms_filtered::v3::Request as Search,
            push::{PusherIds, PusherInit, PusherKind, get_pushers},
            room::{
                Visibility,
                create_room::v3::{Request as CreateRoom, RoomPreset},
            },
        },
        events::room::join_rules::JoinRule,
        push::HttpPusherData,
    },
};

use crate::{
    people::Person,
    report::{Report, until},
};

pub async fn tells(alice: &Person, bob: &Person, report: &mut Report) {
    let client = &alice.client;
    report
        .promise("versions and features are read", async {
            ensure!(!client.server_versions().await?.is_empty());
            ensure!(!client.unstable_features().await?.is_empty());
            Ok(())
        })
        .await;
    report
        .promise("the transports of calls are read", async { Ok(client.rtc_foci().await?) })
        .await;
    report
        .promise("capabilities are read", async {
            let told = client.homeserver_capabilities();
            ensure!(told.can_change_displayname().await?);
            ensure!(told.can_change_password().await?);
            Ok(())
        })
        .await;
    report
        .promise("the largest upload is read", async {
            Ok(client.load_or_fetch_max_upload_size().await?)
        })
        .await;
    report.promise("a pusher is set, listed and removed", pusher(alice)).await;
    report.promise("a public room is found and joined by its alias", market(alice, bob)).await;
    report.promise("who knocks is seen and let in", knock(alice, bob)).await;
}

async fn pusher(alice: &Person) -> Result<()> {
    let ids = PusherIds::new("key".into(), "app".into());
    let gateway = HttpPusherData::new("https://push.example.org/_matrix/push/v1/notify".into());
    let pusher = PusherInit {
        ids: ids.clone(),
        kind: PusherKind::Http(gateway),
        app_display_name: "conversation".into(),
        device_display_name: "conversation".into(),
        profile_tag: None,
        lang: "en".into(),
    };
    alice.client.pusher().set(pusher.into(), false).await?;
    ensure!(alice.client.send(get_pushers::v3::Request::new()).await?.pushers.len() == 1);
    Ok(alice.client.pusher().delete(ids).await?)
}

async fn market(alice: &Person, bob: &Person) -> Result<()> {
    let word = format!("market{}", process::id());
    let mut request = CreateRoom::new();
    request.name = Some(word.clone());
    request.preset = Some(RoomPreset::PublicChat);
    request.room_alias_name = Some(word.clone());
    request.visibility = Visibility::Public;
    let market = alice.client.create_room(request).await?;

    let mut search = Search::new();
    search.filter.generic_search_term = Some(word.clone());
    ensure!(bob.client.public_rooms_filtered(search).await?.chunk.len() == 1);

    let alias = format!("#{word}:{}", alice.id().server_name());
    let alias = <&RoomAliasId>::try_from(alias.as_str())?;
    let preview = bob.client.get_room_preview(alias.into(), vec![]).await?;
    ensure!(preview.name.as_deref() == Some(word.as_str()));
    ensure!(preview.room_id == market.room_id());
    bob.client.join_room_by_id_or_alias(alias.into(), &[]).await?;
    ensure!(!alice.client.is_room_alias_available(alias).await?);
    Ok(())
}

async fn knock(alice: &Person, bob: &Person) -> Result<()> {
    let closed = alice.client.create_room(CreateRoom::new()).await?;
    closed.privacy_settings().update_join_rule(JoinRule::Knock).await?;
    let room = closed.room_id().to_owned();
    bob.client.knock(room.clone().into(), Some("Let me in".into()), vec![]).await?;
    until(|| async {
        let knocking = closed.members_no_sync(RoomMemberships::KNOCK).await.ok()?;
        (knocking.len() == 1).then_some(())
    })
    .await?;
    closed.invite_user_by_id(bob.id()).await?;
    bob.finds(&room, RoomState::Invited).await?;
    Ok(())
}
