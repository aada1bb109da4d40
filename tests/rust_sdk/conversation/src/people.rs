//! People with the SDK that Element X is built on: sliding sync in its sync service, encryption, a store on disk.

use std::path::PathBuf;

use anyhow::{Context, Result};
use matrix_sdk::{
    Client, Room, RoomState,
    encryption::{BackupDownloadStrategy, EncryptionSettings},
    ruma::{OwnedEventId, RoomId, UserId},
    sliding_sync::VersionBuilder,
};
use matrix_sdk_ui::{
    sync_service::{State, SyncService},
    timeline::Timeline,
};

use crate::report::until;

pub const PASSWORD: &str = "correct horse";

pub struct Person {
    pub client: Client,
    pub sync: SyncService,
}

impl Person {
    /// On a device of their own, whose store is made anew in the folder.
    pub async fn signs_in(base: &str, name: &str, store: PathBuf) -> Result<Person> {
        let client = Client::builder()
            .homeserver_url(base)
            .sqlite_store(store, None)
            .sliding_sync_version_builder(VersionBuilder::DiscoverNative)
            .with_encryption_settings(EncryptionSettings {
                auto_enable_cross_signing: true,
                backup_download_strategy: BackupDownloadStrategy::AfterDecryptionFailure,
                auto_enable_backups: true,
            })
            .build()
            .await?;
        client.matrix_auth().login_username(name, PASSWORD).send().await?;
        let person = Person { sync: syncing(&client).await?, client };
        until(|| async { matches!(person.sync.state().get(), State::Running).then_some(()) })
            .await?;
        person.client.encryption().wait_for_e2ee_initialization_tasks().await;
        Ok(person)
    }

    pub fn id(&self) -> &UserId {
        self.client.user_id().expect("who has signed in has an id")
    }

    /// As it is in a list of rooms, once it is there in this state.
    pub async fn finds(&self, room_id: &RoomId, state: RoomState) -> Result<Room> {
        let room =
            until(|| async { self.client.get_room(room_id).filter(|it| it.state() == state) });
        room.await.with_context(|| format!("{room_id} as {state:?}"))
    }

    /// As if the room were opened on the screen.
    pub async fn opens(&self, room_id: &RoomId) {
        self.sync.room_list_service().subscribe_to_rooms(&[room_id]).await;
    }
}

pub async fn syncing(client: &Client) -> Result<SyncService> {
    let service = SyncService::builder(client.clone()).with_offline_mode().build().await?;
    service.start().await;
    Ok(service)
}

/// The event that shows this text, decrypted and edited as it stands, once it has its id.
pub async fn showing(timeline: &Timeline, text: &str) -> Option<OwnedEventId> {
    let items = timeline.items().await;
    items.iter().filter_map(|item| item.as_event()).find_map(|event| {
        let message = event.content().as_message()?;
        (message.body() == text).then(|| event.event_id().map(ToOwned::to_owned)).flatten()
    })
}
