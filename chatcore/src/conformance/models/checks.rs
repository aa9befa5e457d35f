//! The one list of checks of models. A check has the name of the bullet that promises it.

#[doc(hidden)]
#[macro_export]
macro_rules! model_checks {
    ($then:path, $($argument:tt)*) => {
        $then! {
            [$($argument)*]
            in begins {
                offers_itself: "it lists models, none twice, each with room, and answers for each of them";
                unknown_model_refused: "a name that is not offered is refused as such";
                long_prompts: "a long prompt is read to its end, or refused for its length";
                refusal_before_start: "a provider that refuses gives an error, its kind and its wish, and no event";
            }
            in says {
                text_in_order: "the pieces joined are the answer, from the first to the last character";
                tool_calls_whole: "a call is one event with all its arguments, and the finish says that it waits";
                usage_last_counts: "usage is told in totals before the finish, and the last one is right";
                streams_are_independent: "streams that run at once do not mix, and dropping one leaves the other alone";
            }
            in ends {
                one_finish: "a good answer has one finish, which is its last event";
                error_ends: "nothing follows an error";
                break_is_error: "an answer that breaks off is an error, is not a finish, and is not asked for again";
                used_again: "after a failure the next request is answered as if nothing had been";
            }
            in cancels {
                drop_cancels: "dropping a stream in its middle ends the work upstream";
                cancels_before_first_event: "so does dropping what waits for the first event";
            }
        }
    };
}
