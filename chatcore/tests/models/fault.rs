//! What is broken on purpose, and which check must notice.

/// Declares the faults, so that none can be left out of the list.
macro_rules! faults {
    ($($name:ident: $what:literal => $check:literal;)*) => {
        /// What is wrong with a model.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(crate) enum Fault {
            /// Nothing.
            Healthy,
            $($name,)*
        }

        /// A fault, in words, and the check that must fail because of it.
        pub(crate) const MUTANTS: &[(Fault, &str, &str)] = &[$((Fault::$name, $what, $check),)*];
    };
}

faults! {
    OffersTwice: "offers a name twice" => "offers_itself";
    OffersNoRoom: "offers a model without room" => "offers_itself";
    TakesAnyName: "answers to any name" => "unknown_model_refused";
    CutsPrompts: "reads the first 64 KiB of a prompt" => "long_prompts";
    RefusesLate: "tells of a refusal inside of a stream" => "refusal_before_start";
    ForgetsWish: "does not say how long the provider wants to be left alone" => "refusal_before_start";
    TakesRefusalsForBreaks: "tells of every refusal as of a break" => "refusal_before_start";
    RepeatsPiece: "says a piece twice" => "text_in_order";
    LosesPiece: "loses a piece" => "text_in_order";
    SwapsPieces: "says two pieces in the wrong order" => "text_in_order";
    SplitsCalls: "hands out the arguments of a call in pieces" => "tool_calls_whole";
    StopsAtCalls: "finishes a call as if everything were said" => "tool_calls_whole";
    AddsUpUsage: "takes totals for what is to be added" => "usage_last_counts";
    FirstUsage: "tells the first usage and no other" => "usage_last_counts";
    MixesStreams: "keeps one answer for all streams" => "streams_are_independent";
    EndsAllStreams: "ends all streams when one is dropped" => "streams_are_independent";
    FinishesTwice: "finishes twice" => "one_finish";
    CountsLate: "tells its usage behind the finish" => "one_finish";
    GoesOn: "goes on after an error" => "error_ends";
    FinishesBreaks: "finishes when the connection breaks" => "break_is_error";
    AsksAgain: "asks again when the connection breaks" => "break_is_error";
    MisnamesBreaks: "takes a break for nonsense" => "break_is_error";
    KeepsLeftovers: "begins with what was left of an answer that broke off" => "used_again";
    WorksOn: "works on when its stream is dropped" => "drop_cancels";
    WaitsOn: "works on when nobody waits for its first event any more" => "cancels_before_first_event";
}
