//! Cutting a stream of bytes into the items of a JSON array, or into the lines of NDJSON, as they arrive.

use bytes::{Buf, BytesMut};

/// How the items stand in the body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    /// `[item, item, …]`
    Array,
    /// One item a line; blank lines are nothing.
    Lines,
}

/// Why a body cannot be cut any further.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SplitError {
    /// The body is no JSON array, or something stands where none belongs.
    NotAnArray,
    /// The body ended within the array.
    Unfinished,
    /// One item is longer than allowed.
    ItemTooLong,
}

/// Holds at most one unfinished item.
pub(super) struct Splitter {
    form: Form,
    item_bytes_max: usize,
    pending: BytesMut,
    state: State,
    /// How far `pending` has been looked at.
    scanned: usize,
    depth: u32,
    in_string: bool,
    escaped: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Before `[`.
    Before,
    /// After `[`: an item or `]`.
    First,
    /// Within an item.
    Item,
    /// After `]`.
    After,
}

impl Splitter {
    pub(super) fn new(form: Form, item_bytes_max: usize) -> Self {
        Self {
            form,
            item_bytes_max,
            pending: BytesMut::new(),
            state: State::Before,
            scanned: 0,
            depth: 0,
            in_string: false,
            escaped: false,
        }
    }

    /// Takes the next piece of the body.
    pub(super) fn push(&mut self, piece: &[u8]) {
        self.pending.extend_from_slice(piece);
    }

    /// The next whole item, trimmed; `None` until more of the body is pushed.
    pub(super) fn next(&mut self) -> Result<Option<BytesMut>, SplitError> {
        let item = match self.form {
            Form::Lines => self.next_line(),
            Form::Array => self.next_element()?,
        };
        let too_long = item.as_ref().map_or(self.pending.len(), BytesMut::len) > self.item_bytes_max;
        if too_long { Err(SplitError::ItemTooLong) } else { Ok(item) }
    }

    /// The last item, at the end of the body.
    pub(super) fn finish(mut self) -> Result<Option<BytesMut>, SplitError> {
        match self.form {
            Form::Lines => {
                self.push(b"\n");
                self.next()
            }
            Form::Array if self.state == State::After => Ok(None),
            Form::Array
                if self.state == State::Before && self.pending.iter().all(u8::is_ascii_whitespace) =>
            {
                Err(SplitError::NotAnArray)
            }
            Form::Array => Err(SplitError::Unfinished),
        }
    }

    fn next_line(&mut self) -> Option<BytesMut> {
        while let Some(end) = self.pending[self.scanned..].iter().position(|byte| *byte == b'\n') {
            let line = self.pending.split_to(self.scanned + end);
            self.pending.advance(1);
            self.scanned = 0;
            if !line.iter().all(u8::is_ascii_whitespace) {
                return Some(line);
            }
        }
        self.scanned = self.pending.len();
        None
    }

    fn next_element(&mut self) -> Result<Option<BytesMut>, SplitError> {
        while self.scanned < self.pending.len() {
            let byte = self.pending[self.scanned];
            match self.state {
                State::Before | State::First | State::After if byte.is_ascii_whitespace() => {
                    self.pending.advance(1);
                }
                State::Before if byte == b'[' => {
                    self.pending.advance(1);
                    self.state = State::First;
                }
                State::First if byte == b']' => {
                    self.pending.advance(1);
                    self.state = State::After;
                }
                State::First => self.state = State::Item,
                State::Before | State::After => return Err(SplitError::NotAnArray),
                State::Item => {
                    if let Some(end) = self.scan(byte)? {
                        let item = self.pending.split_to(self.scanned);
                        self.pending.advance(1);
                        self.scanned = 0;
                        self.state = end;
                        if item.iter().all(u8::is_ascii_whitespace) {
                            return Err(SplitError::NotAnArray);
                        }
                        return Ok(Some(item));
                    }
                    self.scanned += 1;
                }
            }
        }
        Ok(None)
    }

    /// Looks at one byte of an item; the state after it when the byte ends the item.
    fn scan(&mut self, byte: u8) -> Result<Option<State>, SplitError> {
        if self.in_string {
            match byte {
                _ if self.escaped => self.escaped = false,
                b'\\' => self.escaped = true,
                b'"' => self.in_string = false,
                _ => {}
            }
            return Ok(None);
        }
        match byte {
            b'"' => self.in_string = true,
            b'{' | b'[' => self.depth = self.depth.saturating_add(1),
            b',' if self.depth == 0 => return Ok(Some(State::Item)),
            b']' if self.depth == 0 => return Ok(Some(State::After)),
            b'}' if self.depth == 0 => return Err(SplitError::NotAnArray),
            b'}' | b']' => self.depth -= 1,
            _ => {}
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::Value;

    fn split(form: Form, pieces: &[&[u8]]) -> Result<Vec<String>, SplitError> {
        let mut splitter = Splitter::new(form, 1_000);
        let mut items = Vec::new();
        let mut keep = |item: BytesMut| items.push(String::from_utf8_lossy(&item).into_owned());
        for piece in pieces {
            splitter.push(piece);
            while let Some(item) = splitter.next()? {
                keep(item);
            }
        }
        if let Some(item) = splitter.finish()? {
            keep(item);
        }
        Ok(items)
    }

    #[test]
    fn items_are_found_whatever_stands_in_them() {
        let array = br#" [ {"a":"],\"}"} ,[1,[2]], "x,y" , 3 ] "#;
        assert_eq!(
            split(Form::Array, &[array]).unwrap(),
            [r#"{"a":"],\"}"} "#, "[1,[2]]", r#" "x,y" "#, " 3 "]
        );
        assert_eq!(split(Form::Array, &[b"[]"]).unwrap(), [""; 0]);
        assert_eq!(split(Form::Lines, &[b"{}\r\n\n[1]\n ", b"2"]).unwrap(), ["{}\r", "[1]", " 2"]);
    }

    #[test]
    fn what_is_no_array_is_refused() {
        for (body, expected) in [
            (&b""[..], SplitError::NotAnArray),
            (b"  ", SplitError::NotAnArray),
            (b"{}", SplitError::NotAnArray),
            (b"[1,]", SplitError::NotAnArray),
            (b"[,1]", SplitError::NotAnArray),
            (b"[}]", SplitError::NotAnArray),
            (b"[] []", SplitError::NotAnArray),
            (b"[1", SplitError::Unfinished),
            (b"[\"]", SplitError::Unfinished),
            (b"[", SplitError::Unfinished),
        ] {
            assert_eq!(split(Form::Array, &[body]), Err(expected), "{}", String::from_utf8_lossy(body));
        }
        assert_eq!(split(Form::Lines, &[&[b'x'; 2_000]]), Err(SplitError::ItemTooLong));
    }

    proptest! {
        #[test]
        fn where_the_body_is_cut_does_not_matter(texts in prop::collection::vec("\\PC{0,6}", 0..6), cut in 1usize..9) {
            let values: Vec<Value> = texts.iter().map(|text| serde_json::json!({ "t": text, "n": [text] })).collect();
            let body = serde_json::to_vec(&values).unwrap();
            let pieces: Vec<&[u8]> = body.chunks(cut).collect();
            let items = split(Form::Array, &pieces).unwrap();
            let read: Vec<Value> = items.iter().map(|item| serde_json::from_str(item).unwrap()).collect();
            prop_assert_eq!(read, values);
        }

        #[test]
        fn any_bytes_are_cut_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..64)) {
            let _ = split(Form::Array, &[&bytes]);
            let _ = split(Form::Lines, &[&bytes]);
        }
    }
}
