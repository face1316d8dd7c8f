"""The teachers of the benchmark, pinned, and what they share with their rivals.

Every maker takes ``seed`` and ``mixed``: whether the table is a frame with nominal
columns, or an array of numbers. All of it runs in one thread.
"""

from catboost import CatBoostClassifier
from lightgbm import LGBMClassifier
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import (
    RandomForestClassifier,
    StackingClassifier,
    VotingClassifier,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler


def numbered(model, mixed):
    """Put a model of trees behind an encoder that numbers categories.

    Missing values stay missing: trees of all three libraries take them.
    """
    if not mixed:
        return model
    encoder = make_column_transformer(
        (
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
            make_column_selector(dtype_exclude="number"),
        ),
        remainder="passthrough",
        verbose_feature_names_out=False,
    )
    encoder.set_output(transform="pandas")  # LightGBM warns of names that it lost
    return make_pipeline(encoder, model)


def scaled(model, mixed):
    """Put a model of sums behind imputer, scaler and one-hot columns."""
    numbers = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True), StandardScaler()
    )
    if not mixed:
        return make_pipeline(*numbers, model)
    encoder = make_column_transformer(
        (numbers, make_column_selector(dtype_include="number")),
        (
            OneHotEncoder(handle_unknown="ignore", sparse_output=False),
            make_column_selector(dtype_exclude="number"),
        ),
    )
    return make_pipeline(encoder, model)


def forest(seed, mixed):
    """300 full trees."""
    return numbered(RandomForestClassifier(300, random_state=seed), mixed)


def boosting(seed, mixed):
    """LightGBM with 300 rounds."""
    return numbered(lightgbm(seed, n_estimators=300), mixed)


def network(seed, mixed):
    """scikit-learn's network: one hidden layer of 100, stopped early.

    Rate and patience of the default stop at .4 accuracy on vowel: too few batches.
    """
    model = MLPClassifier(
        (100,),
        learning_rate_init=1e-2,
        early_stopping=True,
        n_iter_no_change=20,
        random_state=seed,
    )
    return scaled(model, mixed)


def vote(seed, mixed):
    """Soft vote of three families: forest, boosting and network."""
    members = [
        (maker.__name__, maker(seed, mixed)) for maker in (forest, boosting, network)
    ]
    return VotingClassifier(members, voting="soft")


def lightgbm(seed, kind=LGBMClassifier, **settings):
    """LightGBM in one thread, without output."""
    return kind(random_state=seed, n_jobs=1, verbose=-1, **settings)


def catboost(seed, mixed):
    """CatBoost at its defaults: 1000 rounds."""
    model = CatBoostClassifier(
        random_seed=seed, thread_count=1, verbose=False, allow_writing_files=False
    )
    return numbered(model, mixed)


def stack(seed, mixed):
    """Logistic regression on out-of-fold probabilities of the vote's members."""
    return StackingClassifier(
        vote(seed, mixed).estimators,
        LogisticRegression(max_iter=1000),
        cv=3,
        stack_method="predict_proba",
    )


#: The teachers that the goals are about.
TEACHERS = {"forest": forest, "boosting": boosting, "vote": vote}

#: Stronger ones.
STRONG = {"catboost": catboost, "stack": stack}
