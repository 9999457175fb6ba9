//! What the secret types must not be able to do. Compiling is the test.

use std::fmt::{Debug, Display};
use std::hash::Hash;
use std::ops::Deref;

use envelope::{
    BackingKey, BoundKey, DataKey, EffaceableKey, LocatorKey, MacKey, Plaintext, RootKey, TableKey,
};
use static_assertions::{assert_impl_all, assert_not_impl_any};
use zeroize::ZeroizeOnDrop;

macro_rules! secret {
    ($($secret:ty)+) => {$(
        // Nothing that prints, copies, compares, hashes or hands out the bytes other than through `expose`.
        assert_not_impl_any!($secret: Debug, Display, Clone, Copy, PartialEq, PartialOrd, Hash, Default);
        assert_not_impl_any!($secret: AsRef<[u8]>, Deref, Into<Vec<u8>>, IntoIterator);
        assert_impl_all!($secret: ZeroizeOnDrop, Send, Sync);
    )+};
}

secret!(RootKey BackingKey TableKey EffaceableKey BoundKey DataKey LocatorKey MacKey Plaintext);
