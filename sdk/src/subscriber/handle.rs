//! What typed subscribers and [dynamic](crate::dynamic) ones have in common.

/// The functions of a builder that has the `settings` of a subscriber.
macro_rules! subscriber_settings {
    () => {
        /// The domain to subscribe in; without it [`Domain::default`](crate::Domain).
        pub fn domain(mut self, domain: &Domain) -> Self {
            self.settings.domain = domain.clone();
            self
        }

        /// A name for people, shown to peers and in errors.
        pub fn name(mut self, name: &str) -> Self {
            self.settings.name = name.into();
            self
        }

        /// Start with up to so many messages that each publisher has published already; never more than its depth.
        pub fn history(mut self, messages: u64) -> Self {
            self.settings.history = messages;
            self
        }

        /// Only the newest message: older ones that were not read are skipped, and counted. What is waited for is never
        /// behind.
        pub fn latest(mut self) -> Self {
            self.settings.latest = true;
            self
        }

        /// At most so many messages a second of each publisher, each the newest at its time; those between are skipped,
        /// and counted. More than 0; creation fails otherwise. Costs a look at the clock each time, about 20 ns.
        pub fn rate_limit(mut self, hz: f64) -> Self {
            self.settings.rate_limit = Some(hz);
            self
        }

        /// Lose nothing, of publishers that are lossless too: they wait for this subscriber, each as long as its
        /// timeout says. A publisher that is not, or that cannot, or has let this subscriber go, is told once as a
        /// [`RecvError::NotLossless`](crate::RecvError::NotLossless), and read all the same. Creation fails together
        /// with `latest` or `rate_limit`, and when a lossless publisher that is there has given its word to 112
        /// others.
        ///
        /// With `history` what is still there of the past is given; only what is published from now on is promised.
        ///
        /// Ask for messages: a subscriber that does not holds publishers up.
        pub fn lossless(mut self) -> Self {
            self.settings.lossless = true;
            self
        }

        /// How `recv` and its like wait; [`Wait::default`](crate::Wait) without this.
        pub fn wait(mut self, wait: Wait) -> Self {
            self.settings.wait = wait;
            self
        }

        /// How many samples of large messages are held in place at once, without a copy: 0 to 256; 8 without this. Those
        /// beyond are copied. Each can keep one message of a publisher's memory. Small messages, and types of which not
        /// every bit pattern is a value, are copied in any case: this is 0 for them.
        pub fn max_samples(mut self, samples: u64) -> Self {
            self.settings.max_samples = samples;
            self
        }

        /// The largest message that is copied, in bytes: 1 GiB without this, which is a publisher's `max_memory` without more said.
        /// How large a message is its publisher says; one that is larger and cannot be held in place is left out, with a
        /// [`RecvError::TooLarge`](crate::RecvError::TooLarge). Those in place may have any size.
        pub fn max_copy(mut self, bytes: u64) -> Self {
            self.settings.max_copy = bytes;
            self
        }

        /// Where its control page is to be; [`Placement::Auto`](crate::Placement::Auto) without this.
        pub fn placement(mut self, placement: Placement) -> Self {
            self.settings.placement = placement;
            self
        }
    };
}

/// How a subscriber that has a `core` is waited for beside in its own calls.
macro_rules! subscriber_waits {
    () => {
        /// A descriptor to wait for with `poll`, `epoll` and whatever is built on them, in place of `recv`.
        ///
        /// It is readable as long as something may be there, at first, too: call `try_recv` until it returns `None`; then the
        /// descriptor is silent until a message or a publisher comes. Who stops before that finds it readable at once. It
        /// can be readable for no reason, at least once a second. Nothing is to be read from the descriptor itself.
        ///
        /// It stays the same for the life of the subscriber, whatever publishers do. While it is silent, the next
        /// message costs its publisher a system call for each subscriber of the topic that has such a descriptor, about a
        /// microsecond; no reader can keep a publisher by it. From the first call of this on, a `try_recv` that finds
        /// nothing costs some system calls.
        ///
        /// # Errors
        /// When a socket cannot be made in the topic's directory, or this process has no descriptors left (it takes
        /// four).
        pub fn event_fd(&mut self) -> Result<EventFd, RegistryError> {
            self.core.event_fd()
        }

        /// What ends a wait of this subscriber from elsewhere.
        pub fn closer(&self) -> Closer {
            self.core.closer()
        }
    };
}

/// What a subscriber that has a `core` knows of who is there.
macro_rules! subscriber_members {
    () => {
        /// Tells of publishers that come, leave, die and fall silent, from now on and independently of this subscriber. Makes
        /// five descriptors, and reads the registry: some microseconds for each publisher.
        ///
        /// # Errors
        /// When the registry cannot be read, this process has too many descriptors, or was forked from the one that made the
        /// subscriber.
        pub fn membership(&self) -> Result<Membership, MembershipError> {
            self.core.membership()
        }

        /// How it stands with each publisher that this subscriber reads: what it promises, what of it was read, lost and
        /// skipped, and how much is unread. Those that came since the last `try_recv` or the like are not among them; those that have
        /// ended and were not read to their end are.
        ///
        /// For diagnosis, not for each message: a system call for each, and it allocates. It changes nothing.
        ///
        /// # Errors
        /// In a process forked from the one that made the subscriber.
        pub fn sources(&self) -> Result<Vec<SourceStatus>, RecvError> {
            self.core.sources().map_err(|failure| RecvError::new(self.topic(), failure))
        }

        /// Waits until this subscriber reads from so many publishers that live, at most so long. Whether it does. Sleeps until
        /// one comes, and looks every 50 ms who has died, and whether its [`closer`](Self::closer) was used.
        ///
        /// # Errors
        /// As [`publishers`](Self::publishers); also when it was closed.
        pub fn wait_for_publishers(&mut self, count: usize, time: Duration) -> Result<bool, RecvError> {
            let result = self.core.wait_for_publishers(count, time);
            result.map_err(|failure| RecvError::new(self.topic(), failure))
        }
    };
}

pub(crate) use {subscriber_members, subscriber_settings, subscriber_waits};
