use std::collections::HashMap;
use std::hash::Hash;
use std::sync::Arc;

/// Numbers for values, each value once, in the order in which they came.
#[derive(Debug)]
pub(super) struct Interner<T: ?Sized> {
    numbers: HashMap<Arc<T>, u32>,
    values: Vec<Arc<T>>,
}

impl<T: ?Sized> Clone for Interner<T> {
    fn clone(&self) -> Self {
        Self { numbers: self.numbers.clone(), values: self.values.clone() }
    }
}

impl<T: ?Sized> Default for Interner<T> {
    fn default() -> Self {
        Self { numbers: HashMap::new(), values: Vec::new() }
    }
}

impl<T: ?Sized + Eq + Hash> Interner<T> {
    /// The number of a value; a new one for a value that was not there.
    pub(super) fn number<'a>(&mut self, value: &'a T) -> u32
    where
        Arc<T>: From<&'a T>,
    {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        self.add(Arc::from(value))
    }

    /// As [`Interner::number`], of a value that can be cloned.
    pub(super) fn number_of(&mut self, value: &T) -> u32
    where
        T: Clone,
    {
        if let Some(number) = self.numbers.get(value) {
            return *number;
        }
        self.add(Arc::new(value.clone()))
    }

    fn add(&mut self, value: Arc<T>) -> u32 {
        // There is memory for fewer values than numbers.
        let number = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.values.push(Arc::clone(&value));
        self.numbers.insert(value, number);
        number
    }

    /// The values, in order of number.
    pub(super) fn values(&self) -> &[Arc<T>] {
        &self.values
    }

    pub(super) fn len(&self) -> usize {
        self.values.len()
    }
}

/// A place in a slice for a number of an [`Interner`].
pub(super) fn place(number: u32) -> usize {
    number as usize
}
