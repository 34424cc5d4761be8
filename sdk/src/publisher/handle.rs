//! What typed publishers and [dynamic](crate::dynamic) ones have in common.

/// The functions of a builder that has the `settings` of a publisher.
macro_rules! publisher_settings {
    () => {
        /// The domain to publish in; without it [`Domain::default`](crate::Domain).
        pub fn domain(mut self, domain: &Domain) -> Self {
            self.settings.domain = domain.clone();
            self
        }

        /// A name for people, shown to peers and in errors.
        pub fn name(mut self, name: &str) -> Self {
            self.settings.name = name.into();
            self
        }

        /// How many messages stay readable: 1 to 16 777 216; 64 without this, and 8 of large messages.
        pub fn depth(mut self, messages: u64) -> Self {
            self.settings.depth = Some(messages);
            self
        }

        /// The most memory for large messages and messages of variable size, in bytes, rounded up to pages of 4096: up to
        /// 64 GiB; without this 1 GiB, or more for messages that are known to be large: of fixed size, or by `max_len`. It is address space at first, and
        /// becomes memory as messages need it, in steps of at least 64 KiB; see `Memory` in the book for how much that will be.
        ///
        /// Of messages of fixed size there must be room for as many as the ring has cells and one more, 17 with a depth of
        /// 8; of variable size 4096 is the least. Creation fails otherwise.
        pub fn max_memory(mut self, bytes: u64) -> Self {
            self.settings.max_memory = Some(bytes);
            self
        }

        /// Be the only publisher on the topic, for life: creation fails if there is another one, and others fail
        /// while this one lives.
        pub fn exclusive(mut self) -> Self {
            self.settings.exclusive = true;
            self
        }

        /// Bring all of `max_memory` into memory when the publisher is made, so that no message waits for pages later; off
        /// without this. It is all taken then, 1 GiB or more if `max_memory` does not say less, and creation fails where there is
        /// not so much. Memory for small messages always is there. Subscribers map pages as they see them first.
        pub fn prefault(mut self, on: bool) -> Self {
            self.settings.prefault = on;
            self
        }

        /// Take huge pages for large messages: those that the machine has set aside (`vm.nr_hugepages`), if there are enough for
        /// `max_memory`; else those that the kernel finds, if it is set to look for them; else normal ones. Which it was is in
        /// the publisher's entry (`Qos::pages`), and [`Publisher::pages`](crate::Publisher::pages) tells it. Off without this.
        pub fn huge_pages(mut self, on: bool) -> Self {
            self.settings.huge_pages = on;
            self
        }

        /// Keep all of the publisher's memory from being swapped out (`mlock`), which includes `prefault`; off without this.
        /// Creation fails where `ulimit -l` does not allow so much.
        pub fn lock_memory(mut self, on: bool) -> Self {
            self.settings.lock_memory = on;
            self
        }

        /// Whether each message carries the time of publishing; without this it does if it is large. Costs about 20 ns a
        /// message.
        pub fn timestamps(mut self, on: bool) -> Self {
            self.settings.timestamps = Some(on);
            self
        }

        /// Promise to publish, or to call `assert_alive`, at least so often: from 1 ms to 24 h; creation fails
        /// otherwise. Who watches with a [`Membership`](crate::Membership) is told when the promise is broken, and when it is kept
        /// again. Promise twice the time that it takes, or more: a late timer is not a broken machine. Costs nothing.
        pub fn alive_every(mut self, time: Duration) -> Self {
            self.settings.alive_every = Some(time);
            self
        }

        /// Where its memory is to be; [`Placement::Auto`](crate::Placement::Auto) without this.
        pub fn placement(mut self, placement: Placement) -> Self {
            self.settings.placement = placement;
            self
        }

        /// Wait for subscribers that ask for lossless delivery, at most 112 of them (of large messages: at least 16, and 112 less
        /// those who only hold samples in place); off without this: what they have not read is overwritten. A message waits while one of them has as many messages unread as the depth, and at most
        /// so long: any time from zero, `Duration::MAX` for ever. Those who do not ask are never waited for.
        ///
        /// It waits for messages to be read, and not for memory: while samples keep so much of `max_memory` that there is none
        /// for a large message, a loan fails at once, and so does what publishes a copy.
        ///
        /// A subscriber that asks is covered from the first message that is published after it was made, whether it
        /// reads or not, until it is dropped or dies: one that never receives holds the publisher up.
        pub fn lossless(mut self, timeout: Duration) -> Self {
            self.settings.lossless = Some(timeout);
            self
        }

        /// What becomes of subscribers that hold up a [`lossless`](Self::lossless) publisher for longer than it said;
        /// [`LaggardPolicy::Error`] without this.
        pub fn laggards(mut self, laggards: LaggardPolicy) -> Self {
            self.settings.laggards = laggards;
            self
        }
    };
}

/// What a publisher that has a `core` knows and tells of who is there.
macro_rules! publisher_members {
    () => {
        /// Says that this publisher is at work, though it publishes nothing: to keep what was promised with
        /// [`alive_every`](PublisherBuilder::alive_every). One store. In a process forked from the one that made it, it does
        /// nothing.
        #[inline]
        pub fn assert_alive(&mut self) {
            self.core.assert_alive();
        }

        /// Tells of subscribers that come, leave and die, from now on and independently of this publisher. Makes five
        /// descriptors, and reads the registry: some microseconds for each subscriber.
        ///
        /// # Errors
        /// When the registry cannot be read, this process has too many descriptors, or was forked from the one that made the
        /// publisher.
        pub fn membership(&self) -> Result<Membership, MembershipError> {
            self.core.membership()
        }

        /// Who reads this publisher's messages and how far each is, those furthest behind first: what it is promised, what it has
        /// not read, what it keeps of this publisher's memory. Subscribers of another layout are not among them.
        ///
        /// For diagnosis, not for each message: reads the registry and the control pages of subscribers, tens of microseconds
        /// for each, and allocates. It waits for nobody, and changes nothing: a lossless subscriber that came since the last
        /// message is [`Pending`](crate::Delivery::Pending) until the next.
        ///
        /// # Errors
        /// When the registry cannot be read, or in a process forked from the one that made the publisher.
        pub fn readers(&self) -> Result<Vec<ReaderStatus>, RegistryError> {
            self.core.readers()
        }

        /// How many subscribers were let go so far: because they did not read in time, where
        /// [`LaggardPolicy::Detach`](crate::LaggardPolicy::Detach) is set, or because they said what cannot be. Those that are still there
        /// are [`LetGo`](crate::Delivery::Detached) among [`readers`](Self::readers). One load; always 0 of a publisher that is not
        /// lossless.
        pub fn detached_subscribers(&self) -> u64 {
            self.core.detached_subscribers()
        }

        /// Waits until so many subscribers of this layout live, at most so long. Whether they do; they get what is published
        /// from then on. Sleeps until one comes, and looks every 50 ms who has died.
        ///
        /// # Errors
        /// When the registry cannot be read, or in a process forked from the one that made the publisher.
        pub fn wait_for_subscribers(&mut self, count: usize, time: Duration) -> Result<bool, RegistryError> {
            self.core.wait_for_subscribers(count, time)
        }
    };
}

pub(crate) use {publisher_members, publisher_settings};
