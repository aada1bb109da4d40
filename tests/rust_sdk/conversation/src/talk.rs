//! alice and bob in an encrypted room, each with its timeline open.

use anyhow::{Context, Result, ensure};
use matrix_sdk::{
    Room, RoomMemberships, RoomState,
    media::{MediaFormat, MediaRequestParameters},
    notification_settings::RoomNotificationMode,
    room::{ListThreadsOptions, MessagesOptions, Receipts, edit::EditedContent},
    ruma::{
        OwnedEventId,
        api::client::{
            receipt::create_receipt::v3::ReceiptType,
            room::create_room::v3::{Request as CreateRoom, RoomPreset},
        },
        events::{
            InitialStateEvent,
            room::{
                encryption::RoomEncryptionEventContent,
                message::{
                    MessageType, RoomMessageEventContent, RoomMessageEventContentWithoutRelation,
                },
            },
        },
    },
};
use matrix_sdk_ui::timeline::{
    AttachmentConfig, AttachmentSource, RoomExt, Timeline, TimelineBuilder,
    TimelineEventFocusThreadMode, TimelineEventItemId, TimelineFocus,
};

use crate::{
    people::{Person, showing},
    report::{Report, until},
};

pub const GREETING: &str = "Hello again";

pub struct Talk {
    pub alices: Room,
    pub bobs: Room,
    pub greeting: OwnedEventId,
    alice: Timeline,
    bob: Timeline,
}

impl Talk {
    /// alice invites bob to an encrypted room, greets him, and mends what she said.
    pub async fn begins(alice: &Person, bob: &Person) -> Result<Talk> {
        let mut request = CreateRoom::new();
        request.name = Some("Quay".into());
        request.preset = Some(RoomPreset::PrivateChat);
        request.invite = vec![bob.id().to_owned()];
        let encryption = RoomEncryptionEventContent::with_recommended_defaults();
        request.initial_state =
            vec![InitialStateEvent::with_empty_state_key(encryption).to_raw_any()];
        let alices = alice.client.create_room(request).await?;

        let invited = bob.finds(alices.room_id(), RoomState::Invited).await?;
        ensure!(invited.name().as_deref() == Some("Quay"));
        let inviter = invited.invite_details().await?.inviter.context("no inviter")?;
        ensure!(inviter.user_id() == alice.id());
        invited.join().await?;
        let bobs = bob.finds(alices.room_id(), RoomState::Joined).await?;
        until(|| async {
            let members = alices.members_no_sync(RoomMemberships::JOIN).await.ok()?;
            (members.len() == 2).then_some(())
        })
        .await?;
        alice.opens(alices.room_id()).await;
        bob.opens(alices.room_id()).await;

        let (timeline, others) = (alices.timeline().await?, bobs.timeline().await?);
        says(&timeline, "Hello").await?;
        let greeting = until(|| showing(&others, "Hello")).await.context("decrypting")?;
        until(|| showing(&timeline, "Hello")).await?;
        let again = EditedContent::RoomMessage(text(GREETING));
        timeline.edit(&TimelineEventItemId::EventId(greeting.clone()), again).await?;
        until(|| showing(&others, GREETING)).await.context("the edit")?;
        Ok(Talk { alices, bobs, greeting, alice: timeline, bob: others })
    }

    pub async fn goes_on(&self, alice: &Person, bob: &Person, report: &mut Report) {
        report.promise("a reaction is seen", self.reaction()).await;
        report.promise("a reply is seen, and gone when redacted", self.reply()).await;
        report.promise("a receipt is seen", self.receipt(bob)).await;
        report.promise("who types is seen", self.typing(alice)).await;
        report.promise("a thread is listed and read", self.thread()).await;
        report.promise("a thread is followed and let go", self.following(bob)).await;
        report.promise("an encrypted file is fetched", self.file(bob)).await;
        report.promise("what is pinned is shown", self.pins()).await;
        report.promise("a permalink is opened", self.permalink()).await;
        report.promise("a poll is shown", self.poll()).await;
        report.promise("marks of a room are kept", self.marks()).await;
        report.promise("name and topic change", self.furniture()).await;
        report.promise("a room is muted", self.muting(alice)).await;
        report.promise("a live location is shared", self.place()).await;
        report
            .promise("events and rooms are reported", async {
                self.bobs.report_content(self.greeting.clone(), Some("spam".into())).await?;
                self.bobs.report_room("bad".into()).await?;
                Ok(())
            })
            .await;
        report
            .promise("relations and the past are read", async {
                let related =
                    self.alices.relations(self.greeting.clone(), Default::default()).await?;
                ensure!(!related.chunk.is_empty());
                ensure!(!self.alices.messages(MessagesOptions::backward()).await?.chunk.is_empty());
                Ok(())
            })
            .await;
    }

    /// A message of bob's; its id.
    pub async fn bob_says(&self, body: &str) -> Result<OwnedEventId> {
        says(&self.bob, body).await?;
        until(|| showing(&self.bob, body)).await
    }

    async fn reaction(&self) -> Result<()> {
        let item = TimelineEventItemId::EventId(self.greeting.clone());
        self.bob.toggle_reaction(&item, "⛵").await?;
        until(|| async {
            let items = self.alice.items().await;
            let events = items.iter().filter_map(|item| item.as_event());
            let mut reactions = events.filter_map(|event| event.content().reactions());
            reactions.any(|found| found.contains_key("⛵")).then_some(())
        })
        .await
    }

    async fn reply(&self) -> Result<()> {
        self.bob.send_reply(text("A reply"), self.greeting.clone()).await?;
        let reply = until(|| showing(&self.alice, "A reply")).await?;
        until(|| showing(&self.bob, "A reply")).await?;
        self.bob.redact(&TimelineEventItemId::EventId(reply), Some("no")).await?;
        until(|| async { showing(&self.alice, "A reply").await.is_none().then_some(()) }).await
    }

    async fn receipt(&self, bob: &Person) -> Result<()> {
        self.bob.mark_as_read(ReceiptType::Read).await?;
        until(|| self.alice.latest_user_read_receipt(bob.id())).await?;
        let receipts = Receipts::new()
            .fully_read_marker(Some(self.greeting.clone()))
            .private_read_receipt(Some(self.greeting.clone()));
        Ok(self.alices.send_multiple_receipts(receipts).await?)
    }

    async fn typing(&self, alice: &Person) -> Result<()> {
        let (_guard, mut typing) = self.bobs.subscribe_to_typing_notifications();
        self.alices.typing_notice(true).await?;
        ensure!(typing.recv().await? == [alice.id()]);
        Ok(())
    }

    async fn thread(&self) -> Result<()> {
        let focus = TimelineFocus::Thread { root_event_id: self.greeting.clone() };
        let mine = TimelineBuilder::new(&self.alices).with_focus(focus.clone()).build().await?;
        says(&mine, "In a thread").await?;
        until(|| showing(&mine, "In a thread")).await?;
        until(|| async {
            let threads = self.bobs.list_threads(ListThreadsOptions::default()).await.ok()?;
            (threads.chunk.len() == 1).then_some(())
        })
        .await?;
        let theirs = TimelineBuilder::new(&self.bobs).with_focus(focus).build().await?;
        until(|| async {
            theirs.paginate_backwards(20).await.ok()?;
            showing(&theirs, "In a thread").await
        })
        .await?;
        Ok(())
    }

    async fn following(&self, bob: &Person) -> Result<()> {
        self.bobs.subscribe_thread(self.greeting.clone(), None).await?;
        ensure!(self.bobs.fetch_thread_subscription(self.greeting.clone()).await?.is_some());
        let changes = bob.client.fetch_thread_subscriptions(None, None, None).await?;
        ensure!(changes.subscribed.len() == 1);
        Ok(self.bobs.unsubscribe_thread(self.greeting.clone()).await?)
    }

    async fn file(&self, bob: &Person) -> Result<()> {
        let (bytes, filename) = (b"some bytes".to_vec(), "a.txt".to_owned());
        let file = AttachmentSource::Data { bytes, filename };
        let kind = "text/plain".parse()?;
        self.alice.send_attachment(file, kind, AttachmentConfig::default()).await?;
        until(|| async {
            let items = self.bob.items().await;
            let mut messages =
                items.iter().filter_map(|item| item.as_event()?.content().as_message());
            let source = messages.find_map(|message| match message.msgtype() {
                MessageType::File(file) => Some(file.source.clone()),
                _ => None,
            })?;
            let wanted = MediaRequestParameters { source, format: MediaFormat::File };
            let found = bob.client.media().get_media_content(&wanted, false).await.ok()?;
            (found == b"some bytes").then_some(())
        })
        .await
    }

    async fn pins(&self) -> Result<()> {
        self.alices.pin_event(&self.greeting).await?;
        until(|| async {
            let pinned = self.bobs.load_pinned_events().await.ok()??;
            pinned.contains(&self.greeting).then_some(())
        })
        .await?;
        let builder = TimelineBuilder::new(&self.bobs).with_focus(TimelineFocus::PinnedEvents);
        let pins = builder.build().await?;
        until(|| showing(&pins, GREETING)).await?;
        Ok(())
    }

    async fn permalink(&self) -> Result<()> {
        let focus = TimelineFocus::Event {
            target: self.greeting.clone(),
            num_context_events: 10,
            thread_mode: TimelineEventFocusThreadMode::Automatic { hide_threaded_events: false },
        };
        let around = TimelineBuilder::new(&self.bobs).with_focus(focus).build().await?;
        showing(&around, GREETING).await.context("it is not there")?;
        Ok(())
    }

    async fn poll(&self) -> Result<()> {
        let answer = |id, says| serde_json::json!({"id": id, "org.matrix.msc1767.text": says});
        let poll = serde_json::json!({
            "org.matrix.msc1767.text": "Tea?",
            "org.matrix.msc3381.poll.start": {
                "question": {"org.matrix.msc1767.text": "Tea?"},
                "kind": "org.matrix.msc3381.poll.disclosed",
                "max_selections": 1,
                "answers": [answer("y", "Yes"), answer("n", "No")],
            },
        });
        self.alices.send_raw("org.matrix.msc3381.poll.start", poll).await?;
        until(|| async {
            let items = self.bob.items().await;
            let mut events = items.iter().filter_map(|item| item.as_event());
            events.any(|event| event.content().is_poll()).then_some(())
        })
        .await
    }

    async fn marks(&self) -> Result<()> {
        self.alices.set_is_favourite(true, Some(0.5)).await?;
        self.alices.set_unread_flag(true).await?;
        until(|| async {
            (self.alices.is_favourite() && self.alices.is_marked_unread()).then_some(())
        })
        .await
    }

    async fn furniture(&self) -> Result<()> {
        self.alices.set_name("New Quay".into()).await?;
        self.alices.set_room_topic("Boats").await?;
        until(|| async {
            let (name, topic) = (self.bobs.name()?, self.bobs.topic()?);
            (name == "New Quay" && topic == "Boats").then_some(())
        })
        .await
    }

    async fn muting(&self, alice: &Person) -> Result<()> {
        let settings = alice.client.notification_settings().await;
        let (room, mute) = (self.alices.room_id(), RoomNotificationMode::Mute);
        settings.set_room_notification_mode(room, mute).await?;
        until(|| async {
            let mode = self.alices.notification_mode().await?;
            (mode == RoomNotificationMode::Mute).then_some(())
        })
        .await?;
        Ok(settings.delete_user_defined_room_rules(room).await?)
    }

    async fn place(&self) -> Result<()> {
        self.alices.start_live_location_share(60_000, None).await?;
        // The SDK refuses until its own state has come down sync.
        until(|| async { self.alices.send_location_beacon("geo:1,2".into()).await.ok() }).await?;
        self.alices.stop_live_location_share().await?;
        Ok(())
    }
}

async fn says(timeline: &Timeline, body: &str) -> Result<()> {
    timeline.send(RoomMessageEventContent::text_plain(body).into()).await?;
    Ok(())
}

fn text(body: &str) -> RoomMessageEventContentWithoutRelation {
    RoomMessageEventContentWithoutRelation::text_plain(body)
}
