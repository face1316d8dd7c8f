"""Short texts of three topics, and models that read them."""

from functools import cache

import numpy as np
import pandas as pd
import polars as pl
from sklearn.base import clone
from sklearn.ensemble import VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import MultinomialNB
from sklearn.pipeline import make_pipeline

from sklearn_kd import DistilledClassifier, MLPStudent

TOPICS = {
    "cooking": "oven salt butter stew recipe garlic simmer spoon dough pepper",
    "sailing": "mast harbour tide rope anchor hull breeze captain reef deck",
    "physics": "quark photon field spin lattice tensor energy orbit vacuum mass",
}
COMMON = "the a of with and very some this that near under then again"


def corpus(n_texts, seed):
    """Sentences of common words and a few of one topic, or sometimes of another."""
    rng = np.random.default_rng(seed)
    names = list(TOPICS)
    texts, labels = [], []
    for topic in rng.choice(names, n_texts):
        words = rng.choice(COMMON.split(), 6).tolist()
        for _ in range(3):
            other = rng.choice(names) if rng.random() < 0.3 else topic
            words.append(rng.choice(TOPICS[other].split()))
        texts.append(" ".join(rng.permutation(words)))
        labels.append(str(topic))
    return texts, np.array(labels)


TEXTS, y = corpus(240, seed=0)
TEXTS_TEST, y_test = corpus(200, seed=1)
CONTAINERS = {
    "list": list,
    "tuple": tuple,
    "objects": lambda texts: np.array(texts, dtype=object),
    "strings": np.array,
    "pandas": lambda texts: pd.Series(texts, index=np.arange(len(texts))[::-1]),
    "pandas objects": lambda texts: pd.Series(texts, dtype=object),
    "pandas categories": lambda texts: pd.Series(texts, dtype="category"),
    "polars": pl.Series,
    "polars categories": lambda texts: pl.Series(texts, dtype=pl.Categorical),
}
MLP = make_pipeline(
    TfidfVectorizer(),
    MLPStudent((8,), max_iter=60, batch_size=32, learning_rate_init=0.02),
)
LINEAR = make_pipeline(TfidfVectorizer(), LogisticRegression(C=10))
VOTE = VotingClassifier(
    [
        ("linear", make_pipeline(TfidfVectorizer(), LogisticRegression(C=10))),
        ("bayes", make_pipeline(CountVectorizer(), MultinomialNB())),
    ],
    voting="soft",
)


@cache
def fitted_vote():
    return clone(VOTE).fit(TEXTS, y)


def distil(teacher=None, student=MLP, **params):
    return DistilledClassifier(teacher, student, **{"random_state": 0} | params)
