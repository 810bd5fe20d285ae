//! What a recording says of itself where every player looks: `moov/udta/meta/ilst`, in the manner of iTunes. Written by hand,
//! because the MP4 library knows neither comments nor fields with names of one's own.

use super::boxes::whole;

/// Title, comment and fields with names of their own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tags {
    /// Title.
    pub title: String,
    /// A sentence for people.
    pub comment: String,
    /// Name and value of further fields.
    pub fields: Vec<(&'static str, String)>,
}

const UTF8: [u8; 8] = [0, 0, 0, 1, 0, 0, 0, 0];

impl Tags {
    /// The box `udta`.
    pub(super) fn udta(&self) -> Vec<u8> {
        let text = |kind: &[u8; 4], text: &str| whole(kind, &[&whole(b"data", &[&UTF8, text.as_bytes()])]);
        let mut items = [
            text(b"\xa9nam", &self.title),
            text(b"\xa9too", concat!("Farwander ", env!("CARGO_PKG_VERSION"))),
            text(b"\xa9cmt", &self.comment),
        ]
        .concat();
        for (name, value) in &self.fields {
            items.extend(whole(
                b"----",
                &[
                    &whole(b"mean", &[&[0; 4], b"com.apple.iTunes"]),
                    &whole(b"name", &[&[0; 4], name.as_bytes()]),
                    &whole(b"data", &[&UTF8, value.as_bytes()]),
                ],
            ));
        }
        let handler = whole(b"hdlr", &[&[0; 8], b"mdirappl", &[0; 9]]);
        let meta = whole(b"meta", &[&[0; 4], &handler, &whole(b"ilst", &[&items])]);
        whole(b"udta", &[&meta])
    }
}
