//! Devices that come, go and are restarted.

use std::{path::Path, sync::Arc};

use anyhow::{Context, Result, ensure};
use matrix_sdk::{
    Client, RoomState,
    config::SyncSettings,
    encryption::VerificationState,
    ruma::{DeviceId, api::client::uiaa},
};
use matrix_sdk_ui::{
    notification_client::{NotificationClient, NotificationProcessSetup, NotificationStatus},
    sync_service::SyncService,
    timeline::RoomExt,
};

use crate::{
    people::{PASSWORD, Person, showing, syncing},
    report::{Report, until},
    talk::{GREETING, Talk},
};

pub async fn come_and_go(
    base: &str,
    stores: &Path,
    alice: &Person,
    talk: &Talk,
    recovery_key: &str,
    report: &mut Report,
) {
    report
        .promise("a notification is decrypted by itself", async {
            let ding = talk.bob_says("Ding").await?;
            let sync_service = Arc::new(SyncService::builder(alice.client.clone()).build().await?);
            let process = NotificationProcessSetup::SingleProcess { sync_service };
            let notifications = NotificationClient::new(alice.client.clone(), process).await?;
            let found = notifications.get_notification(talk.alices.room_id(), &ding).await?;
            ensure!(matches!(found, NotificationStatus::Event(_)));
            Ok(())
        })
        .await;
    report
        .promise("a new device is recovered and reads the past", async {
            let name = alice.id().localpart();
            let third = Person::signs_in(base, name, stores.join("third")).await?;
            third.client.encryption().recovery().recover(recovery_key).await?;
            let state = third.client.encryption().verification_state().get();
            ensure!(state == VerificationState::Verified);
            let room = third.finds(talk.alices.room_id(), RoomState::Joined).await?;
            third.opens(room.room_id()).await;
            let timeline = room.timeline().await?;
            until(|| async {
                timeline.paginate_backwards(50).await.ok()?;
                showing(&timeline, GREETING).await
            })
            .await?;
            third.sync.stop().await;
            removed(alice, third.client.device_id().context("it has no id")?).await
        })
        .await;
    report
        .promise("the older sync gives the same room", async {
            let plain = Client::builder().homeserver_url(base).build().await?;
            plain.matrix_auth().login_username(alice.id().localpart(), PASSWORD).send().await?;
            let synced = plain.sync_once(SyncSettings::default()).await?;
            ensure!(synced.rooms.joined.contains_key(talk.alices.room_id()));
            Ok(plain.logout().await?)
        })
        .await;
    report
        .promise("a client that is restarted goes on from its store", async {
            let session = alice.client.session().context("nobody is signed in")?;
            alice.sync.stop().await;
            let store = stores.join("alice");
            let builder = Client::builder().homeserver_url(base);
            let again = builder.sqlite_store(store, None).build().await?;
            again.restore_session(session).await?;
            let sync = syncing(&again).await?;
            talk.bob_says("Are you back?").await?;
            let timeline =
                again.get_room(talk.alices.room_id()).context("no room")?.timeline().await?;
            until(|| showing(&timeline, "Are you back?")).await?;
            sync.stop().await;
            Ok(())
        })
        .await;
}

/// With the password, as the owner of the device is asked for it.
async fn removed(owner: &Person, device: &DeviceId) -> Result<()> {
    let devices = [device.to_owned()];
    let refusal =
        owner.client.delete_devices(&devices, None).await.err().context("no password?")?;
    let asked = refusal.as_uiaa_response().context("no stages were named")?;
    let who = uiaa::MatrixUserIdentifier::new(owner.id().localpart().to_owned());
    let mut proof = uiaa::Password::new(uiaa::UserIdentifier::Matrix(who), PASSWORD.to_owned());
    proof.session = asked.session.clone();
    let proof = uiaa::AuthData::Password(proof);
    owner.client.delete_devices(&devices, Some(proof)).await?;
    ensure!(owner.client.devices().await?.devices.iter().all(|it| it.device_id != device));
    Ok(())
}
