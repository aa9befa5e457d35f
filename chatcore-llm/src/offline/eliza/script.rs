//! What it listens for, and what it says.

/// Replies to one keyword.
#[derive(Debug)]
pub(super) struct Rule {
    /// Any of these words wakes the rule.
    pub(super) keys: &'static [&'static str],
    /// The highest rank that fits is used.
    pub(super) rank: u8,
    /// How to take the clause apart, and the replies to use in turn.
    pub(super) patterns: &'static [(&'static str, &'static [&'static str])],
}

/// Nothing was said.
pub(super) const EMPTY: &[&str] = &[
    "You say nothing. Take your time.",
    "I am still here. What would you like to talk about?",
    "Silence is an answer too. Is there something that is hard to say?",
];

/// Not in Latin letters.
pub(super) const FOREIGN: &[&str] = &[
    "I am sorry: I am a small offline model and read English only. Could you say it in English?",
    "I would like to understand that, but I only know some English. Will you try it with me?",
];

/// Only signs.
pub(super) const NO_WORDS: &[&str] =
    &["I see signs, but no words. What do they stand for?", "Can you put that into words for me?"];

/// No keyword.
pub(super) const GO_ON: &[&str] = &[
    "I am listening. Tell me a little more.",
    "What makes you think of that now?",
    "And how does that sit with you?",
    "Let us stay with that for a moment. What matters most about it?",
    "I see. What would you like to happen?",
];

/// Words that do not yet name a topic.
pub(super) const ADJECTIVES: &[&str] =
    &["old", "new", "best", "little", "young", "big", "first", "last", "own", "whole", "dear", "only", "former"];

/// Back to a topic.
pub(super) const RECALL: &[&str] = &[
    "A while ago you mentioned {1}. Is it connected with this?",
    "I still think about {1}, which you brought up. What became of it?",
    "We left something open: {1}. Shall we go back to it?",
];

const MYSELF: &[&str] = &[
    "I am Eliza, a small offline model: a few rules and no understanding. Set OPENAI_API_KEY to talk to a real one.",
    "Only a short script that turns your sentences round. With OPENAI_API_KEY set you can have a real model instead.",
];

/// All rules. Order decides between rules of the same rank.
pub(super) const RULES: &[Rule] = &[
    Rule {
        keys: &["who", "what", "you", "your"],
        rank: 9,
        patterns: &[
            ("* who|what are you *", MYSELF),
            ("* is your name *", MYSELF),
            ("* what can you do *", MYSELF),
            ("* are you a|an|really|just human|person|robot|bot|ai|machine|computer|program|model *", MYSELF),
            ("* are you human|real|chatgpt|gpt|alive|artificial|conscious|eliza *", MYSELF),
        ],
    },
    Rule {
        keys: &["hello", "hi", "hey", "greetings", "morning"],
        rank: 8,
        patterns: &[
            ("hello|hi|hey|greetings *", &["Hello. What is on your mind?", "Hello again. Where shall we go on?"]),
            ("good morning *", &["Good morning. How does the day begin for you?"]),
        ],
    },
    Rule {
        keys: &["bye", "goodbye", "farewell"],
        rank: 8,
        patterns: &[("*", &["Goodbye. It was good to talk.", "Until next time. Take care of yourself."])],
    },
    Rule {
        keys: &["help"],
        rank: 3,
        patterns: &[
            ("help *", &["Talk to me as you would to a patient friend. What troubles you?"]),
            (
                "* help me *",
                &["What kind of help would do you good?", "Suppose I could help: what would be the first step?"],
            ),
        ],
    },
    Rule {
        keys: &["remember"],
        rank: 6,
        patterns: &[
            ("* i remember +", &["What else comes back when you think of {2}?", "Why does {2} come to mind now?"]),
            ("* do you remember +", &["You have not let go of {2}. What is it about that?"]),
        ],
    },
    Rule {
        keys: &["dream", "dreamed", "dreamt", "nightmare"],
        rank: 6,
        patterns: &[
            ("* i dreamed|dreamt +", &["Was {2} ever more than a dream?", "How did you feel in it, while {2}?"]),
            ("*", &["Which part of the dream stays with you?", "Do your nights often tell you such things?"]),
        ],
    },
    Rule {
        keys: &["if", "wish"],
        rank: 5,
        patterns: &[
            ("* i wish +", &["What would change if {2}?", "How long have you wished that {2}?"]),
            ("* if +", &["How likely is it that {2}?", "And suppose {2}: what then?"]),
        ],
    },
    Rule {
        keys: &[
            "mother", "father", "mum", "mom", "dad", "sister", "brother", "wife", "husband", "son", "daughter",
            "family",
        ],
        rank: 5,
        patterns: &[
            (
                "* my mother|father|mum|mom|dad|sister|brother|wife|husband|son|daughter +",
                &[
                    "When somebody so close {2}, what does that do to you?",
                    "How long has it been so, that this person {2}?",
                ],
            ),
            ("*", &["Who else belongs to your family?", "What are you to each other, when things are well?"]),
        ],
    },
    Rule {
        keys: &["work", "job", "boss", "school", "exam", "deadline"],
        rank: 4,
        patterns: &[(
            "*",
            &[
                "How much of you does that take up, the work and all that goes with it?",
                "And when the day is over, does it let you go?",
            ],
        )],
    },
    Rule {
        keys: &["sad", "unhappy", "lonely", "tired", "afraid", "anxious", "angry", "depressed", "worried", "scared"],
        rank: 5,
        patterns: &[
            ("* because +", &["If it were not that {2}, would you feel better?"]),
            (
                "*",
                &[
                    "I am sorry to hear that. When did it begin?",
                    "Is there a time of day when it is lighter?",
                    "Whom else have you told about it?",
                ],
            ),
        ],
    },
    Rule {
        keys: &["happy", "glad", "proud", "excited"],
        rank: 5,
        patterns: &[(
            "*",
            &["That is good to hear. What had the greatest part in it?", "With whom do you share that?"],
        )],
    },
    Rule {
        keys: &["i", "feel"],
        rank: 4,
        patterns: &[
            ("* i feel like +", &["When you feel like {2}, what do you do?"]),
            ("* i feel +", &["What brings it about that you feel {2}?", "Do you often feel {2}?"]),
        ],
    },
    Rule {
        keys: &["need", "want"],
        rank: 4,
        patterns: &[(
            "* i need|want +",
            &["What would it mean to you to get {2}?", "Suppose you never got {2}. What then?"],
        )],
    },
    Rule {
        keys: &["cannot"],
        rank: 4,
        patterns: &[("* i cannot +", &["What holds you back, that you cannot {2}?", "Could you {2} once?"])],
    },
    Rule {
        keys: &["think", "believe"],
        rank: 3,
        patterns: &[("* i think|believe +", &["How sure are you that {2}?", "Who else would say that {2}?"])],
    },
    Rule {
        keys: &["am"],
        rank: 3,
        patterns: &[("* i am +", &["Since when are you {2}?", "What is it like to be {2}?"])],
    },
    Rule {
        keys: &["because"],
        rank: 3,
        patterns: &[("* because +", &["Is that the whole reason?", "What else might follow from it, that {2}?"])],
    },
    Rule {
        keys: &["you"],
        rank: 3,
        patterns: &[
            ("* can|could you +", &["What makes you ask whether I can {2}?", "Perhaps you would rather {2} yourself?"]),
            ("* do you +", &["Let us talk about you. Do you {2}?", "Why should it matter whether I {2}?"]),
            ("* are you +", &["Would it make a difference if I were {2}?"]),
            ("* you are +", &["What gives you the idea that I am {2}?", "Does it please you to think that I am {2}?"]),
            ("* i + you *", &["Do you {2} many people?", "What would change between us if you did not {2} me?"]),
        ],
    },
    Rule {
        keys: &["my"],
        rank: 2,
        patterns: &[
            ("* my + is *", &["Your {2}: has it always been like that?", "What would you change about your {2}?"]),
            ("* my +", &["Your {2}, you say. Tell me more about that.", "Why is it just your {2} that you speak of?"]),
        ],
    },
    Rule {
        keys: &["why", "how", "what", "when", "where", "who"],
        rank: 2,
        patterns: &[
            ("why don't you +", &["Should I {1}?", "Would it help you if I did {1}?"]),
            ("why cannot i +", &["What have you tried so far, in order to {1}?"]),
            (
                "why|how|what|when|where|who *",
                &[
                    "What answer would you like best?",
                    "What do you guess yourself?",
                    "Why does that question matter to you?",
                ],
            ),
        ],
    },
    Rule {
        keys: &["everyone", "everybody", "nobody", "always", "never"],
        rank: 2,
        patterns: &[
            ("* everyone|everybody *", &["Everyone? Of whom do you think first?"]),
            ("* nobody *", &["Really nobody? Was there a single exception?"]),
            ("* always|never *", &["Can you tell me of one particular time?", "Is there no exception?"]),
        ],
    },
    Rule {
        keys: &["sorry"],
        rank: 2,
        patterns: &[("*", &["There is nothing to be sorry for.", "You need not excuse yourself here."])],
    },
    Rule {
        keys: &["thanks", "thank"],
        rank: 2,
        patterns: &[("*", &["You are welcome. Is there more?", "Gladly. What else is on your mind?"])],
    },
    Rule {
        keys: &["perhaps", "maybe"],
        rank: 1,
        patterns: &[("*", &["You do not sound certain.", "What would make it certain?"])],
    },
    Rule {
        keys: &["yes", "yeah", "sure", "ok", "okay"],
        rank: 1,
        patterns: &[("*", &["You seem sure of that.", "Good. And what follows from it?", "I understand. Go on."])],
    },
    Rule {
        keys: &["no", "nope", "not"],
        rank: 1,
        patterns: &[
            ("no|nope *", &["Is that a firm no?", "Why not?", "No at all, or not now?"]),
            ("* not *", &["What would it take for it to be otherwise?"]),
        ],
    },
];
