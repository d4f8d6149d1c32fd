/// What kind of device a browser runs on, as far as its user agent says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum DeviceClass {
    /// A computer with a desktop system.
    Desktop,
    /// A telephone.
    Mobile,
    /// A tablet.
    Tablet,
    /// A television, a console, a program, or nothing known.
    Other,
}

impl DeviceClass {
    /// Every class.
    pub const ALL: [Self; 4] = [Self::Desktop, Self::Mobile, Self::Tablet, Self::Other];

    /// The name in answers.
    pub fn name(self) -> &'static str {
        match self {
            Self::Desktop => "desktop",
            Self::Mobile => "mobile",
            Self::Tablet => "tablet",
            Self::Other => "other",
        }
    }
}

const OTHER: &[&str] = &[
    "smart-tv",
    "smarttv",
    "smart tv",
    "googletv",
    "google tv",
    "appletv",
    "apple tv",
    "android tv",
    "hbbtv",
    "ce-html",
    "nettv",
    "stbapp",
    "web0s",
    "bravia",
    "aftb",
    "aftm",
    "afts",
    "aftt",
    "roku",
    "crkey",
    "playstation",
    "xbox",
    "nintendo",
];
const TABLET: &[&str] = &["ipad", "tablet", "kindle", "silk/", "playbook"];
const MOBILE: &[&str] =
    &["mobi", "iphone", "ipod", "windows phone", "blackberry", "bb10", "opera mini", "symbian", "midp"];
const DESKTOP: &[&str] = &["windows nt", "macintosh", "x11", "cros ", "linux"];

/// Tells the class by words of the user agent, the first of these that holds:
///
/// 1. a television's or console's name: other;
/// 2. `iPad`, `Tablet` (but not `Tablet PC`, which is Windows on a computer), `Kindle`, `Silk`: tablet;
/// 3. `Mobi`, which every telephone's browser says
///    (<https://developer.mozilla.org/en-US/docs/Web/HTTP/Guides/Browser_detection_using_the_user_agent>), or an older
///    telephone's name: mobile;
/// 4. `Android` without `Mobile`: tablet (the same page);
/// 5. `Windows NT`, `Macintosh`, `X11`, `CrOS`, `Linux`: desktop. An iPad that asks for desktop pages says
///    `Macintosh` and cannot be told apart.
pub fn device_class(user_agent: &str) -> DeviceClass {
    let agent = user_agent.to_lowercase().replace("tablet pc", "");
    let says_one = |words: &[&str]| words.iter().any(|word| agent.contains(word));
    match () {
        () if says_one(OTHER) => DeviceClass::Other,
        () if says_one(TABLET) => DeviceClass::Tablet,
        () if says_one(MOBILE) => DeviceClass::Mobile,
        () if says_one(&["android"]) => DeviceClass::Tablet,
        () if says_one(DESKTOP) => DeviceClass::Desktop,
        () => DeviceClass::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_told_by_words() {
        for (agent, class) in [
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/146.0 Safari/537.36",
                "desktop",
            ),
            ("Mozilla/4.0 (compatible; MSIE 8.0; Windows NT 6.1; Tablet PC 2.0)", "desktop"),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/18.3 Safari/605.1.15",
                "desktop",
            ),
            (
                "Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) AppleWebKit/537.36 Chrome/133.0 Safari/537.36",
                "desktop",
            ),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_3 like Mac OS X) Mobile/15E148 Safari/604.1", "mobile"),
            ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/133.0 Mobile Safari/537.36", "mobile"),
            ("Opera/9.80 (J2ME/MIDP; Opera Mini/9.80) Presto/2.12", "mobile"),
            ("Mozilla/5.0 (Linux; Android 14; SM-X710) Chrome/133.0 Safari/537.36", "tablet"),
            ("Mozilla/5.0 (iPad; CPU OS 17_5 like Mac OS X) Mobile/15E148 Safari/604.1", "tablet"),
            ("Mozilla/5.0 (Linux; Android 11; KFTRWI) AppleWebKit/537.36 Silk/118.2 Safari/537.36", "tablet"),
            ("Mozilla/5.0 (Web0S; Linux/SmartTV) AppleWebKit/537.36 Chrome/94.0 Safari/537.36", "other"),
            ("Mozilla/5.0 (PlayStation 5 3.20) AppleWebKit/605.1.15", "other"),
            ("Mozilla/5.0 (Linux; Android 9; AFTMM) AppleWebKit/537.36 Silk/112.4 Safari/537.36", "other"),
            ("curl/8.5.0", "other"),
            ("", "other"),
        ] {
            assert_eq!(device_class(agent).name(), class, "{agent}");
        }
    }
}
